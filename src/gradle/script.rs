//! Reads a module's build file, Groovy or Kotlin, for what names its variants.
//!
//! A build file is a program, and nothing here runs it: blocks and settings that are written down in the usual way are found
//! (`productFlavors { amazon { … } }`, `create("amazon") { … }`, `flavorDimensions += "store"`, `applicationId = "…"`), and
//! everything else is passed over. [`BuildScript::is_partial`] tells when something was seen that would change the answer.

use super::lexer::{Token, tokens};
use crate::limits::BUILD_SCRIPT_DEPTH;

/// What kind of module it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ModuleKind {
    /// Its plugin makes an app.
    Application,
    /// Its plugin makes a library for apps.
    Library,
    /// Anything else.
    #[default]
    Other,
}

/// A product flavor or a build type.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Dimensioned {
    /// Its name.
    pub name: String,
    /// The dimension of a flavor, if it is written down.
    pub dimension: Option<String>,
    /// What it says of the application id.
    pub id: IdSettings,
}

/// What a block says of the application id.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IdSettings {
    /// The id that it sets.
    pub application_id: Option<String>,
    /// What it puts behind the id.
    pub suffix: Option<String>,
    /// It sets one of both to something that only a run would tell.
    pub is_computed: bool,
}

/// What a build file says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BuildScript {
    /// What it makes.
    pub kind: ModuleKind,
    /// Of `defaultConfig`, with the namespace where that says nothing.
    pub default_id: IdSettings,
    /// The namespace.
    pub namespace: Option<String>,
    /// The flavors' dimensions, the one that counts most first.
    pub dimensions: Vec<String>,
    /// The product flavors, in their order.
    pub flavors: Vec<Dimensioned>,
    /// The build types; `debug` and `release` are always there.
    pub build_types: Vec<Dimensioned>,
    /// Other modules that it depends on, as `:lib`.
    pub projects: Vec<String>,
    /// Source folders are set by the file itself, or flavors are made by a computation.
    pub is_partial: bool,
}

impl BuildScript {
    /// Reads a file.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let mut reader = Reader::default();
        for token in tokens(text) {
            reader.take(token);
        }
        reader.end_statement();
        let mut script = reader.script;
        for name in ["debug", "release"] {
            if !script.build_types.iter().any(|one| one.name == name) {
                script.build_types.push(Dimensioned { name: name.to_owned(), ..Dimensioned::default() });
            }
        }
        script
    }
}

#[derive(Default)]
struct Reader<'t> {
    script: BuildScript,
    /// The names of the blocks around, and how many are deeper than anything of use.
    path: Vec<String>,
    too_deep: usize,
    /// The statement so far, and how many brackets are open in it.
    statement: Vec<Token<'t>>,
    brackets: usize,
}

impl<'t> Reader<'t> {
    fn take(&mut self, token: Token<'t>) {
        match token {
            Token::Mark('{') => self.open(),
            Token::Mark('}') => self.close(),
            Token::Mark('\n' | ';') if self.brackets == 0 => self.end_statement(),
            Token::Mark('\n') => {}
            Token::Mark(mark) => {
                match mark {
                    '(' | '[' => self.brackets = self.brackets.saturating_add(1),
                    ')' | ']' => self.brackets = self.brackets.saturating_sub(1),
                    _ => {}
                }
                self.statement.push(token);
            }
            Token::Name(_) | Token::Text { .. } => self.statement.push(token),
        }
    }

    fn open(&mut self) {
        if self.path.len() >= BUILD_SCRIPT_DEPTH {
            self.too_deep = self.too_deep.saturating_add(1);
        } else {
            self.path.push(block_name(&self.statement));
            self.statement.clear();
            self.declare();
        }
        self.statement.clear();
        self.brackets = 0;
    }

    fn close(&mut self) {
        self.end_statement();
        if self.too_deep > 0 {
            self.too_deep = self.too_deep.saturating_sub(1);
        } else {
            self.path.pop();
        }
    }

    /// Where the reader is, below `android`.
    fn place(&self) -> Option<Vec<&str>> {
        let names: Vec<&str> = self.path.iter().flat_map(|name| name.split('.')).collect();
        let start = names.iter().position(|name| *name == "android")?;
        Some(names.into_iter().skip(start.saturating_add(1)).collect())
    }

    /// A block inside of `productFlavors` or `buildTypes` names one.
    fn declare(&mut self) {
        let Some(place) = self.place() else { return };
        let [list @ ("productFlavors" | "buildTypes"), name] = place[..] else { return };
        let name = name.to_owned();
        // what is done to all of them, or under a condition
        let no_names =
            ["?", "all", "each", "forEach", "configureEach", "matching", "if", "else", "for", "while", "try"];
        if no_names.contains(&name.as_str()) {
            self.script.is_partial = true;
        } else if list == "productFlavors" {
            declared(&mut self.script.flavors, &name);
        } else {
            declared(&mut self.script.build_types, &name);
        }
    }

    fn end_statement(&mut self) {
        let statement = std::mem::take(&mut self.statement);
        self.brackets = 0;
        self.note_plugins(&statement);
        let Some(Token::Name(first)) = statement.first() else { return };
        let last = first.rsplit('.').next().unwrap_or(first);
        let texts: Vec<&str> = statement.iter().filter_map(Token::text).collect();
        if statement.iter().any(|token| token.name() == Some("project")) {
            self.script.projects.extend(texts.iter().filter(|text| text.starts_with(':')).map(ToString::to_string));
        }
        let accessors = statement.iter().filter_map(|token| token.name()?.strip_prefix("projects."));
        self.script.projects.extend(accessors.map(|path| format!(":{}", path.replace('.', ":"))));
        let Some(place) = self.place() else { return };
        let place: Vec<String> = place.into_iter().map(str::to_owned).collect();
        let place: Vec<&str> = place.iter().map(String::as_str).collect();
        match (place.as_slice(), last) {
            ([], "flavorDimensions") => self.script.dimensions.extend(texts.iter().map(ToString::to_string)),
            ([], "namespace") => self.script.namespace = texts.first().map(ToString::to_string),
            (["sourceSets", ..], _) if statement.iter().any(Token::names_source_folders) => {
                self.script.is_partial = true
            }
            (["defaultConfig"], _) => set_id(&mut self.script.default_id, last, &statement),
            (["productFlavors"], "create" | "register" | "maybeCreate") => match texts.first() {
                Some(name) => {
                    declared(&mut self.script.flavors, name);
                }
                None => self.script.is_partial = true,
            },
            (["buildTypes"], "create" | "register" | "maybeCreate") => {
                if let Some(name) = texts.first() {
                    declared(&mut self.script.build_types, name);
                }
            }
            ([_, "?" | "all" | "each" | "configureEach", ..], _) => {}
            (["productFlavors", name], _) => {
                let flavor = declared(&mut self.script.flavors, name);
                if matches!(last, "dimension" | "setDimension") {
                    flavor.dimension = texts.first().map(ToString::to_string);
                }
                set_id(&mut flavor.id, last, &statement);
            }
            (["buildTypes", name], _) => set_id(&mut declared(&mut self.script.build_types, name).id, last, &statement),
            _ => {}
        }
    }

    fn note_plugins(&mut self, statement: &[Token<'_>]) {
        for token in statement {
            match token.text().or(token.name()) {
                Some("com.android.application" | "libs.plugins.android.application") => {
                    self.script.kind = ModuleKind::Application;
                }
                Some("com.android.library" | "libs.plugins.android.library")
                    if self.script.kind == ModuleKind::Other =>
                {
                    self.script.kind = ModuleKind::Library;
                }
                _ => {}
            }
        }
    }
}

/// `amazon {`, `'amazon' {`, `create("amazon") {`, `val amazon by creating {`, `android.buildTypes {`.
fn block_name(statement: &[Token<'_>]) -> String {
    let name = match statement {
        [Token::Name("val"), Token::Name(name), Token::Name("by"), ..] => Some(*name),
        [Token::Name(call), Token::Mark('('), rest @ ..] if is_declaring(call) => rest.iter().find_map(Token::text),
        [.., Token::Text { text, is_computed: false }] => Some(*text),
        [Token::Name(name), ..] => Some(*name),
        _ => None,
    };
    name.unwrap_or("?").to_owned()
}

fn is_declaring(call: &str) -> bool {
    let last = call.rsplit('.').next().unwrap_or(call);
    matches!(last, "create" | "register" | "maybeCreate" | "getByName" | "named" | "findByName")
}

fn declared<'l>(list: &'l mut Vec<Dimensioned>, name: &str) -> &'l mut Dimensioned {
    let position = list.iter().position(|one| one.name == name).unwrap_or_else(|| {
        list.push(Dimensioned { name: name.to_owned(), ..Dimensioned::default() });
        list.len().saturating_sub(1)
    });
    #[expect(clippy::indexing_slicing, reason = "the position of what is there, or was just put there")]
    &mut list[position]
}

fn set_id(settings: &mut IdSettings, name: &str, statement: &[Token<'_>]) {
    let value = statement.iter().find_map(Token::text);
    let target = match name {
        "applicationId" | "setApplicationId" => &mut settings.application_id,
        "applicationIdSuffix" | "setApplicationIdSuffix" => &mut settings.suffix,
        _ => return,
    };
    match value {
        Some(value) => *target = Some(value.to_owned()),
        None => settings.is_computed = true,
    }
}
