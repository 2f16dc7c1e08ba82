//! The report on a source tree.

use super::ApiKeyObject;
use serde::Serialize;

/// A module of a Gradle build.
#[derive(Debug, Serialize)]
pub struct SourcesObject {
    pub path: String,
    pub kind: &'static str,
    pub build_file: Option<String>,
    /// The build file does things that only a run would tell.
    pub partial: bool,
    pub variants: Vec<SourceVariantObject>,
    pub keys: Vec<SourceKeyObject>,
    pub findings: Vec<SourceFindingObject>,
}

#[derive(Debug, Serialize)]
pub struct SourceVariantObject {
    pub name: String,
    pub build_type: String,
    pub application_id: Option<String>,
    pub source_sets: Vec<String>,
    /// The place of the key that the build would package.
    pub key: Option<String>,
    /// Keys that lose against it.
    pub beaten: Vec<String>,
    /// The settings leave this variant alone.
    pub ignored: bool,
}

#[derive(Debug, Serialize)]
pub struct SourceKeyObject {
    pub path: String,
    /// The variants that would package it.
    pub variants: Vec<String>,
    pub api_key: ApiKeyObject,
}

#[derive(Debug, Serialize)]
pub struct SourceFindingObject {
    pub id: &'static str,
    pub severity: &'static str,
    pub path: String,
    pub message: String,
    pub help: Option<String>,
}
