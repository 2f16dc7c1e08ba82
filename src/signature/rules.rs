//! The rules that a signature can break: a stable id for each, and what to do about it.

/// A rule, by its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// Kebab-case, says what is wrong, never changes.
    pub id: &'static str,
    /// What a file that breaks it looks like, in a sentence or two; it begins with a space.
    pub meaning: &'static str,
    /// What to do about it.
    pub help: &'static str,
}

const SIGN_AGAIN: &str = "sign the app again with its key; whoever changed the file after signing broke the signature";
const DAMAGED: &str = "the file is damaged or was made to mislead: take it from the build again and sign it";
const TOOL: &str = "sign again with a current apksigner: the tool that signed this file made a mistake";
const LINEAGE: &str = "sign again with the lineage file that belongs to these keys";
const KEYS: &str = "sign again with one key for all schemes, or with a lineage that begins with the old key";
const UNPROTECTED: &str = "nobody can trust this part of the file; remove it unless you know what it is for";

macro_rules! rules {
    ($($(#[doc = $doc:literal])* $name:ident = $id:literal, $help:expr;)*) => {
        $($(#[doc = $doc])* pub(super) const $name: &Rule =
            &Rule { id: $id, meaning: concat!($($doc),*), help: $help };)*

        /// Every rule: problems first, then warnings and notes.
        pub const RULES: &[&Rule] = &[$($name),*];
    };
}

rules! {
    // --- the archive ---
    /// What libziparchive refuses, no Android device installs.
    ARCHIVE_REFUSED = "archive-refused", "build the file again: Android's own ZIP reader refuses this one";
    /// The entries cannot be read as ZIP.
    ENTRY_UNREADABLE = "entry-unreadable", DAMAGED;
    /// Bytes of the signing block are covered by no signature, so an entry there could change at will.
    ENTRY_INSIDE_SIGNING_BLOCK = "entry-inside-signing-block", DAMAGED;
    /// `AndroidManifest.xml` is what makes an archive an APK.
    APK_WITHOUT_MANIFEST = "apk-without-manifest", "check that this is an APK, and a whole one";

    // --- the signing block ---
    /// More pairs than any real block has.
    SIGNING_BLOCK_TOO_MANY_PAIRS = "signing-block-too-many-pairs", DAMAGED;
    /// One scheme's pair is larger than any real one.
    SCHEME_BLOCK_TOO_LARGE = "scheme-block-too-large", DAMAGED;
    /// The list of signers cannot be split.
    SIGNERS_MALFORMED = "signers-malformed", DAMAGED;
    /// The scheme's pair is there, but nobody signed.
    SIGNERS_MISSING = "signers-missing", SIGN_AGAIN;
    /// More than 10 signers.
    SIGNERS_TOO_MANY = "signers-too-many", "sign with at most 10 keys";

    // --- one signer of v2, v3, v3.1 or v3.2 ---
    /// A signer's fields cannot be read.
    SIGNER_MALFORMED = "signer-malformed", DAMAGED;
    /// A signature record cannot be read.
    SIGNER_SIGNATURE_MALFORMED = "signer-signature-malformed", DAMAGED;
    /// A digest record cannot be read.
    SIGNER_DIGEST_MALFORMED = "signer-digest-malformed", DAMAGED;
    /// An attribute cannot be read.
    SIGNER_ATTRIBUTE_MALFORMED = "signer-attribute-malformed", DAMAGED;
    /// A signer without a signature.
    SIGNER_WITHOUT_SIGNATURE = "signer-without-signature", SIGN_AGAIN;
    /// More records than any real signer has.
    SIGNER_TOO_MANY_RECORDS = "signer-too-many-records", DAMAGED;
    /// No signature uses an algorithm that all Android versions in question know.
    SIGNER_ALGORITHM_UNSUPPORTED = "signer-algorithm-unsupported", TOOL;
    /// The signature does not belong to the signed data and the key.
    SIGNER_SIGNATURE_WRONG = "signer-signature-wrong", SIGN_AGAIN;
    /// The public key cannot be read, or does not fit the algorithm.
    SIGNER_KEY_MALFORMED = "signer-key-malformed", TOOL;
    /// The public key is not that of the first certificate.
    SIGNER_KEY_MISMATCH = "signer-key-mismatch", TOOL;
    /// A signer without a certificate.
    SIGNER_WITHOUT_CERTIFICATE = "signer-without-certificate", TOOL;
    /// A certificate cannot be read.
    SIGNER_CERTIFICATE_MALFORMED = "signer-certificate-malformed", TOOL;
    /// The lists of signatures and of digests name other algorithms, or in another order.
    SIGNER_ALGORITHMS_DIFFER = "signer-algorithms-differ", DAMAGED;
    /// The digest of the file's contents is another one: the file was changed after signing.
    CONTENT_DIGEST_MISMATCH = "content-digest-mismatch", SIGN_AGAIN;
    /// A verity digest needs the signing block on a page boundary.
    CONTENT_NOT_PAGE_ALIGNED = "content-not-page-aligned", SIGN_AGAIN;
    /// The signer says that a newer scheme was applied too, and that one is gone.
    NEWER_SCHEME_STRIPPED = "newer-scheme-stripped", "the newer signature was removed; take the file as it was signed";

    // --- ranges of Android versions ---
    /// A signer's range is empty or negative.
    SDK_RANGE_INVALID = "sdk-range-invalid", TOOL;
    /// The signed and the unsigned copy of a signer's range differ.
    SDK_RANGE_MISMATCH = "sdk-range-mismatch", DAMAGED;
    /// The signers' ranges overlap or leave a hole.
    SDK_RANGES_INCONSISTENT = "sdk-ranges-inconsistent", TOOL;
    /// Android versions that the app supports have no signer.
    SDK_RANGE_UNCOVERED = "sdk-range-uncovered", "sign again for all Android versions that the app supports";

    // --- rotation ---
    /// v3.1 was stripped: v3 names the Android version from which it should be there.
    V31_STRIPPED = "v31-stripped", "the v3.1 signature was removed; take the file as it was signed";
    /// v3 and v3.1 disagree about the Android version from which v3.1 counts.
    V31_MIN_SDK_MISMATCH = "v31-min-sdk-mismatch", DAMAGED;
    /// v3.1 carries a rotated key, v3 must carry the original one.
    V31_WITHOUT_V3 = "v31-without-v3", SIGN_AGAIN;
    /// The lineage cannot be read.
    LINEAGE_MALFORMED = "lineage-malformed", LINEAGE;
    /// A certificate of the lineage is not signed by the one before it.
    LINEAGE_SIGNATURE_WRONG = "lineage-signature-wrong", LINEAGE;
    /// The same certificate stands twice in the lineage.
    LINEAGE_CERTIFICATE_TWICE = "lineage-certificate-twice", LINEAGE;
    /// The lineage does not end with the signer's certificate.
    LINEAGE_SIGNER_MISMATCH = "lineage-signer-mismatch", LINEAGE;
    /// More certificates than any real lineage has.
    LINEAGE_TOO_LONG = "lineage-too-long", LINEAGE;
    /// A signer has two lineages.
    LINEAGE_TWICE = "lineage-twice", LINEAGE;
    /// The lineages of several signers are not parts of one.
    LINEAGES_INCONSISTENT = "lineages-inconsistent", LINEAGE;

    // --- v3.2 ---
    /// v3.2 was stripped: v3 or v3.1 names the Android versions for which it should be there.
    V32_STRIPPED = "v32-stripped", "the v3.2 signature was removed; take the file as it was signed";
    /// v3.2 and the schemes below it disagree about its Android versions.
    V32_SDK_MISMATCH = "v32-sdk-mismatch", DAMAGED;
    /// v3.2 needs exactly one classical and one ML-DSA signer.
    V32_SIGNERS = "v32-signers", "sign again with one classical and one ML-DSA key";
    /// The two signers must have the same ancestors with the same rights.
    V32_LINEAGES_DIFFER = "v32-lineages-differ", LINEAGE;
    /// The two signers' digests of the contents differ.
    V32_DIGESTS_DIFFER = "v32-digests-differ", SIGN_AGAIN;
    /// Older Android versions need a v3 or v3.1 signature.
    V32_WITHOUT_V3 = "v32-without-v3", SIGN_AGAIN;
    /// ML-DSA is for v3.2 only.
    ML_DSA_OUTSIDE_V32 = "ml-dsa-outside-v32", "sign v2, v3 and v3.1 with an RSA or EC key";

    // --- between schemes ---
    /// An app for this sandbox version needs v2 or newer.
    TARGET_SANDBOX_NEEDS_V2 = "target-sandbox-needs-v2", "sign with APK Signature Scheme v2 or newer";
    /// An app that targets Android 11 or newer needs v2 or newer.
    TARGET_SDK_NEEDS_V2 = "target-sdk-needs-v2", "sign with APK Signature Scheme v2 or newer";
    /// v1 and v2 are signed by other keys.
    V1_V2_SIGNERS_DIFFER = "v1-v2-signers-differ", KEYS;
    /// v3 has another signer than v1 or v2, and no lineage that begins with it.
    V3_PAST_SIGNER_MISMATCH = "v3-past-signer-mismatch", KEYS;
    /// v3 knows one signer, v1 or v2 has several.
    V3_SEVERAL_PAST_SIGNERS = "v3-several-past-signers", KEYS;
    /// Several signers in v3 without a lineage.
    V3_SEVERAL_SIGNERS = "v3-several-signers", KEYS;

    // --- v1 ---
    /// Signature files without `META-INF/MANIFEST.MF`.
    JAR_MANIFEST_MISSING = "jar-manifest-missing", SIGN_AGAIN;
    /// No signature file, or none that counts.
    JAR_SIGNATURE_MISSING = "jar-signature-missing", SIGN_AGAIN;
    /// More than 10 signature files.
    JAR_SIGNATURES_TOO_MANY = "jar-signatures-too-many", "sign with at most 10 keys";
    /// A manifest or signature file is larger than any real one.
    JAR_FILE_TOO_LARGE = "jar-file-too-large", DAMAGED;
    /// Android's reader would stop here.
    JAR_SECTION_MALFORMED = "jar-section-malformed", DAMAGED;
    /// A section without a name.
    JAR_SECTION_UNNAMED = "jar-section-unnamed", SIGN_AGAIN;
    /// Two sections for one entry.
    JAR_SECTION_TWICE = "jar-section-twice", SIGN_AGAIN;
    /// The manifest names an entry that is not there.
    JAR_ENTRY_MISSING = "jar-entry-missing", "put the missing entry back, or sign again";
    /// An entry that the manifest does not name.
    JAR_ENTRY_NOT_IN_MANIFEST = "jar-entry-not-in-manifest", "remove the entry that was added, or sign again";
    /// An entry that no signature file names.
    JAR_ENTRY_NOT_SIGNED = "jar-entry-not-signed", "remove the entry that was added, or sign again";
    /// Entries are signed by different signers.
    JAR_ENTRY_SIGNERS_DIFFER = "jar-entry-signers-differ", "sign the whole file with all keys";
    /// An entry's contents are not those that were signed.
    JAR_ENTRY_DIGEST_MISMATCH = "jar-entry-digest-mismatch", SIGN_AGAIN;
    /// The manifest's section is not the one that was signed.
    JAR_SECTION_DIGEST_MISMATCH = "jar-section-digest-mismatch", SIGN_AGAIN;
    /// The manifest's main section is not the one that was signed.
    JAR_MAIN_SECTION_DIGEST_MISMATCH = "jar-main-section-digest-mismatch", SIGN_AGAIN;
    /// A digest is missing, or none that all Android versions in question know.
    JAR_DIGEST_MISSING = "jar-digest-missing", SIGN_AGAIN;
    /// A digest is not base64.
    JAR_DIGEST_MALFORMED = "jar-digest-malformed", DAMAGED;
    /// No entry is signed.
    JAR_NOTHING_SIGNED = "jar-nothing-signed", SIGN_AGAIN;
    /// The entries would be larger than any real app's when inflated.
    JAR_ENTRIES_TOO_LARGE = "jar-entries-too-large", DAMAGED;
    /// The signature file says that a newer scheme was applied too, and that one is gone.
    JAR_NEWER_SCHEME_STRIPPED = "jar-newer-scheme-stripped", "the newer signature was removed; take the file as it was signed";
    /// The PKCS#7 file cannot be read.
    JAR_BLOCK_MALFORMED = "jar-block-malformed", DAMAGED;
    /// The PKCS#7 file has no signer.
    JAR_BLOCK_WITHOUT_SIGNER = "jar-block-without-signer", SIGN_AGAIN;
    /// The certificate that the signer names is not there, or several could be meant.
    JAR_CERTIFICATE_MISSING = "jar-certificate-missing", SIGN_AGAIN;
    /// The certificate may not sign, or has demands that Android does not know.
    JAR_CERTIFICATE_UNFIT = "jar-certificate-unfit", "sign with a certificate whose key usage allows digital signatures";
    /// The algorithms are unknown to some of the Android versions in question.
    JAR_ALGORITHM_UNSUPPORTED = "jar-algorithm-unsupported", "sign again with `--min-sdk-version` as in the manifest";
    /// Signed attributes protect nothing before Android 4.4.
    JAR_SIGNED_ATTRIBUTES_UNSAFE = "jar-signed-attributes-unsafe", "sign with apksigner instead of jarsigner";
    /// The signed attributes are incomplete or say something else.
    JAR_SIGNED_ATTRIBUTES_WRONG = "jar-signed-attributes-wrong", SIGN_AGAIN;
    /// The signature does not belong to the signature file and the certificate.
    JAR_SIGNATURE_WRONG = "jar-signature-wrong", SIGN_AGAIN;

    // --- source stamp ---
    /// The stamp's certificate is named, but there is no stamp.
    STAMP_MISSING = "stamp-missing", "remove the entry `stamp-cert-sha256`: the stamp was lost when the app was signed again";
    /// There is a stamp, but no entry that names its certificate.
    STAMP_WITHOUT_CERTIFICATE_DIGEST = "stamp-without-certificate-digest", SIGN_AGAIN;
    /// The stamp cannot be read.
    STAMP_MALFORMED = "stamp-malformed", SIGN_AGAIN;
    /// The stamp's certificate is not the one that the entry names.
    STAMP_CERTIFICATE_MISMATCH = "stamp-certificate-mismatch", SIGN_AGAIN;
    /// The stamp's certificate is not the expected one.
    STAMP_CERTIFICATE_UNEXPECTED = "stamp-certificate-unexpected", "check who stamped the app, and the digest that you gave";
    /// The stamp does not cover a scheme.
    STAMP_WITHOUT_SIGNATURE = "stamp-without-signature", SIGN_AGAIN;
    /// The stamp uses no algorithm that is known.
    STAMP_ALGORITHM_UNSUPPORTED = "stamp-algorithm-unsupported", SIGN_AGAIN;
    /// The stamp does not belong to this app.
    STAMP_SIGNATURE_WRONG = "stamp-signature-wrong", SIGN_AGAIN;
    /// An attribute of the stamp cannot be read.
    STAMP_ATTRIBUTE_MALFORMED = "stamp-attribute-malformed", SIGN_AGAIN;
    /// The stamp's time is not after 1970.
    STAMP_TIME_INVALID = "stamp-time-invalid", SIGN_AGAIN;
    /// The stamp's lineage is wrong.
    STAMP_LINEAGE_WRONG = "stamp-lineage-wrong", LINEAGE;
    /// The contents that the stamp speaks of do not verify themselves.
    STAMP_CONTENTS_NOT_VERIFIED = "stamp-contents-not-verified", SIGN_AGAIN;

    // --- v4 ---
    /// The file cannot be read as v4 signature.
    V4_MALFORMED = "v4-malformed", "make the `.idsig` file again with apksigner";
    /// Only version 2 with SHA-256 over pages of 4096 bytes is known.
    V4_UNSUPPORTED = "v4-unsupported", "make the `.idsig` file again with apksigner";
    /// The v4 signature is wrong.
    V4_SIGNATURE_WRONG = "v4-signature-wrong", "make the `.idsig` file again: it belongs to another file";
    /// The key is not that of the certificate.
    V4_KEY_MISMATCH = "v4-key-mismatch", "make the `.idsig` file again with apksigner";
    /// The tree of digests is that of another file.
    V4_TREE_MISMATCH = "v4-tree-mismatch", "make the `.idsig` file again: it belongs to another file";
    /// v4 is signed by another key than v2 or v3.
    V4_SIGNER_MISMATCH = "v4-signer-mismatch", "make the `.idsig` file again with the app's key";
    /// v4 names another digest than v2 or v3.
    V4_DIGEST_MISMATCH = "v4-digest-mismatch", "make the `.idsig` file again: it belongs to another file";
    /// v4 needs v2 or v3, and one signer for each of them.
    V4_SIGNERS = "v4-signers", "make the `.idsig` file again with apksigner";

    // --- warnings ---
    /// A signing block is there, but Android does not see it.
    SIGNING_BLOCK_IGNORED = "signing-block-ignored", UNPROTECTED;
    /// The pairs behind this place cannot be read, and no signature covers them.
    SIGNING_BLOCK_PAIRS_MALFORMED = "signing-block-pairs-malformed", UNPROTECTED;
    /// Two pairs have the same id; the first one counts.
    SIGNING_BLOCK_DUPLICATE_PAIR = "signing-block-duplicate-pair", UNPROTECTED;
    /// A pair that Android does not know; no signature covers it.
    SIGNING_BLOCK_UNKNOWN_PAIR = "signing-block-unknown-pair", UNPROTECTED;
    /// Padding that is not zero; no signature covers it.
    SIGNING_BLOCK_PADDING_NOT_ZERO = "signing-block-padding-not-zero", UNPROTECTED;
    /// Bytes behind the last field of a signer or of the list; no signature covers them.
    SIGNER_LEFTOVER_BYTES = "signer-leftover-bytes", UNPROTECTED;
    /// A signature with an algorithm that Android does not know.
    SIGNER_ALGORITHM_UNKNOWN = "signer-algorithm-unknown", UNPROTECTED;
    /// A signature that no Android version looks at is wrong.
    SIGNER_SPARE_SIGNATURE_WRONG = "signer-spare-signature-wrong", TOOL;
    /// A stamp has something that nobody looks at, and that is wrong or not as signers write it.
    STAMP_UNUSUAL = "stamp-unusual", "nobody can trust this part of the stamp: sign and stamp the app again, or ask who stamped it";
    /// A scheme is there that no Android version in question looks at, and it does not hold.
    SPARE_SCHEME_WRONG = "spare-scheme-wrong", TOOL;
    /// An attribute that is not known.
    SIGNER_ATTRIBUTE_UNKNOWN = "signer-attribute-unknown", "nothing to do, unless you expect an old tool to know it";
    /// An attribute that is for v3.1 only.
    V31_DEV_RELEASE_ON_V3 = "v31-dev-release-on-v3", TOOL;
    /// v3.1 is there, but v3 does not protect it from being stripped.
    V31_NOT_PROTECTED = "v31-not-protected", TOOL;
    /// A PKCS#7 file without the signature file that it signs.
    JAR_SIGNATURE_FILE_MISSING = "jar-signature-file-missing", SIGN_AGAIN;
    /// Signature files whose names differ from the usual form only in case.
    JAR_SIGNATURE_FILE_CASE = "jar-signature-file-case", "write `META-INF`, `.SF`, `.RSA`, `.DSA` and `.EC` in capitals";
    /// A signature file that Android ignores.
    JAR_SIGNER_IGNORED = "jar-signer-ignored", SIGN_AGAIN;
    /// The signature file has no digest of the whole manifest.
    JAR_MANIFEST_DIGEST_MISSING = "jar-manifest-digest-missing", TOOL;
    /// The whole manifest is not the one that was signed, but its sections may be.
    JAR_MANIFEST_DIGEST_MISMATCH = "jar-manifest-digest-mismatch", SIGN_AGAIN;
    /// v1 does not protect the newer schemes from being stripped.
    JAR_NOT_STRIPPING_PROTECTED = "jar-not-stripping-protected", TOOL;
    /// v1 is the only scheme: it covers the contents of entries and nothing else of the file.
    JAR_ALONE = "jar-alone", "sign with v2 and v3 too: apksigner and `apkkey sign` do so by themselves";
    /// An entry in `META-INF` that the signature does not cover.
    JAR_ENTRY_UNPROTECTED = "jar-entry-unprotected", "move the file out of META-INF, or sign with v2 or newer only";
    /// An entry in `META-INF` that only the newer schemes cover.
    JAR_ENTRY_UNPROTECTED_BELOW_V2 = "jar-entry-unprotected-below-v2", "nothing to do: v2 and newer schemes cover the file";
    /// A number of a scheme that is not known.
    NEWER_SCHEME_UNKNOWN = "newer-scheme-unknown", "nothing to do, unless you expect an old tool to know it";
}

#[cfg(test)]
mod tests {
    use super::RULES;

    #[test]
    fn ids_are_unique_and_kebab_case() {
        let mut seen = std::collections::HashSet::new();
        for rule in RULES {
            assert!(seen.insert(rule.id), "{} stands twice", rule.id);
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            assert!(rule.id.chars().all(plain), "{}", rule.id);
            assert!(!rule.help.is_empty() && !rule.help.ends_with('.'), "{}", rule.id);
        }
    }
}
