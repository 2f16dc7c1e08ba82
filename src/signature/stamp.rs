//! Source stamps: who distributes an app, beside who signs it (`SourceStampVerifier.java`, `V2SourceStampVerifier.java`).
//!
//! The entry `stamp-cert-sha256` names the certificate, a pair of the signing block holds it and its signatures:
//!
//! | part of the pair, each with its length in front | in |
//! | --- | --- |
//! | certificate | v1, v2 |
//! | signatures over the digests of the contents | v1 |
//! | for each scheme its number and signatures over its digests of the contents | v2 |
//! | attributes, and signatures over them | v2, optional |
//!
//! A wrong stamp does not make the app's signature wrong. What nobody looks at in it is checked too, as no byte of a signed
//! file should change without a word: signatures for schemes that no Android version in question uses, a second pair of the
//! first form, bytes behind the last field. There it is a warning.

use super::algorithm::{Algorithm, AlgorithmId, ContentDigest};
use super::block::{SigningBlock, id};
use super::findings::Findings;
use super::key::PublicKey;
use super::lineage::Lineage;
use super::rules::{self, Rule};
use super::schemes::{Parsed, Scope};
use super::signer::Record;
use super::v3::LAST_LEVEL;
use super::verify::used_signatures;
use super::{Depth, Input, Request, Scheme, SignatureError, SourceStamp, Verdict};
use crate::bytes::{BytesError, Reader};
use crate::certificate::Certificate;
use crate::digest;
use crate::limits::SIGNATURES_PER_SIGNER;
use crate::source::SourceError;
use crate::text::hex;
use crate::zip::ZipError;
use std::collections::BTreeMap;

const ENTRY: &str = "stamp-cert-sha256";
/// Stamps are verified from Android 11 on.
const STAMP_LEVELS: (u32, u32) = (30, LAST_LEVEL);
/// `SourceStampConstants.java`
const TIME_ATTRIBUTE: u32 = 0xe43c_5946;
const LINEAGE_ATTRIBUTE: u32 = 0x9d63_03f7;
/// Number of v3.1 among the schemes (`ApkSigningBlockUtils.VERSION_APK_SIGNATURE_SCHEME_V31`).
const V31_NUMBER: u32 = 31;
/// Number of the digest of a JAR manifest (`ContentDigestAlgorithm.SHA256`).
const MANIFEST_DIGEST: u32 = 4;

/// The data that a stamp signs for each scheme, by the scheme's number.
type Signed = BTreeMap<u32, Vec<u8>>;

/// What the app's own schemes say about its contents.
pub(super) struct Contents<'a> {
    pub(super) parsed: &'a Parsed<'a>,
    pub(super) scope: &'a Scope,
    /// SHA-256 of the JAR manifest, when everything is checked.
    pub(super) manifest_sha256: Option<[u8; 32]>,
    /// Whether all of that was checked and holds.
    pub(super) holds: bool,
}

/// Why a stamp does not hold.
type Fault = (&'static Rule, String);

/// Whether there is, or was, a stamp.
pub(super) fn is_named(input: Input<'_>) -> bool {
    input.directory.find(ENTRY).is_some()
}

/// Looks for a stamp and checks it. `None` when there is none and none is expected. Warnings go to those of the app.
pub(super) fn examine(
    input: Input<'_>,
    block: Option<&SigningBlock>,
    (request, contents): (&Request, &Contents<'_>),
    app: &mut Findings,
) -> Result<Option<SourceStamp>, SignatureError> {
    let mut findings = Findings::default();
    let mut stamp = SourceStamp::unread();
    let named = named_digest(input)?;
    let pair = match block {
        Some(block) => read_pair(input, block, &mut findings)?,
        None => None,
    };
    let outcome = match (named, pair) {
        (None, None) if request.stamp_cert_digest.is_none() => return Ok(None),
        (None, None) => Err((rules::STAMP_MISSING, "there is no source stamp".to_owned())),
        (None, Some(_)) => {
            let message = format!("there is a stamp, but no entry `{ENTRY}` that names its certificate");
            Err((rules::STAMP_WITHOUT_CERTIFICATE_DIGEST, message))
        }
        (Some(_), None) => Err((rules::STAMP_MISSING, format!("`{ENTRY}` is there, but the stamp is not"))),
        (Some(named), Some(pair)) => expected(&named, request)
            .and_then(|()| stamp.read(&pair, (&named, contents, request.depth), app))
            .map(|()| (pair.0 == Version::Two).then_some(named)),
    };
    if let (Ok(Some(named)), Some(block)) = (&outcome, block) {
        check_first_form(input, block, (named, contents, request.depth), app)?;
    }
    match outcome {
        Err((rule, message)) => findings.problem(rule, None, message),
        Ok(_) if request.depth == Depth::Certificates => stamp.verdict = Verdict::NotChecked,
        Ok(_) if !contents.holds => {
            let message = "the stamp is for contents that do not hold themselves";
            findings.problem(rules::STAMP_CONTENTS_NOT_VERIFIED, None, message);
        }
        Ok(_) if !findings.has_problems() => stamp.verdict = Verdict::Verified,
        Ok(_) => {}
    }
    stamp.problems = findings.problems;
    Ok(Some(stamp))
}

/// The digest in the entry; what cannot be read is as good as empty.
fn named_digest(input: Input<'_>) -> Result<Option<Vec<u8>>, SignatureError> {
    let Some(entry) = input.directory.find(ENTRY) else { return Ok(None) };
    match input.directory.contents(input.source, entry, 32) {
        Ok(digest) => Ok(Some(digest)),
        Err(ZipError::Source(source @ SourceError::Io(_))) => Err(source.into()),
        Err(_) => Ok(Some(Vec::new())),
    }
}

/// The two forms of a stamp.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Version {
    One,
    Two,
}

fn read_pair(
    input: Input<'_>,
    block: &SigningBlock,
    findings: &mut Findings,
) -> Result<Option<(Version, Vec<u8>)>, SignatureError> {
    for (id, version) in [(id::STAMP_V2, Version::Two), (id::STAMP_V1, Version::One)] {
        if let Some(value) = block.value(input.source, id, findings)? {
            return Ok(Some((version, value)));
        }
    }
    Ok(None)
}

/// A pair of the first form beside one of the second, which nobody looks at then.
fn check_first_form(
    input: Input<'_>,
    block: &SigningBlock,
    look: (&[u8], &Contents<'_>, Depth),
    app: &mut Findings,
) -> Result<(), SignatureError> {
    let mut findings = Findings::default();
    let Some(value) = block.value(input.source, id::STAMP_V1, &mut findings)? else { return Ok(()) };
    let fault = SourceStamp::unread().read(&(Version::One, value), look, &mut findings).err();
    let warnings = findings.warnings.into_iter().map(|warning| warning.message);
    for message in fault.map(|(_, message)| message).into_iter().chain(warnings) {
        unusual(app, format!("in the stamp's first form, which nobody looks at beside the second: {message}"));
    }
    Ok(())
}

/// What nobody looks at.
fn unusual(app: &mut Findings, message: impl Into<String>) {
    app.warning(rules::STAMP_UNUSUAL, None, message);
}

/// Bytes that nobody reads.
fn check_end(reader: &Reader<'_>, behind: &str, app: &mut Findings) {
    if !reader.is_empty() {
        unusual(app, format!("bytes that no signature covers stand behind {behind}: {}", reader.remaining()));
    }
}

fn expected(named: &[u8], request: &Request) -> Result<(), Fault> {
    match request.stamp_cert_digest {
        Some(wanted) if wanted != named => {
            let message =
                format!("the stamp's certificate has the digest {}, expected is {}", hex(named), hex(&wanted));
            Err((rules::STAMP_CERTIFICATE_UNEXPECTED, message))
        }
        Some(_) | None => Ok(()),
    }
}

impl Contents<'_> {
    /// The digests of each used scheme as a stamp signs them.
    fn signed(&self) -> Signed {
        self.digests(|scheme| self.scope.uses(scheme))
    }

    /// The digests of each other scheme that is there.
    fn spare(&self) -> Signed {
        self.digests(|scheme| self.scope.present.contains(&scheme) && !self.scope.uses(scheme))
    }

    /// The digests of schemes: the numbers of the algorithms ascend.
    fn digests(&self, is_wanted: impl Fn(Scheme) -> bool) -> Signed {
        let mut signed = Signed::new();
        for (number, scheme) in [(1, Scheme::V1), (2, Scheme::V2), (3, Scheme::V3), (V31_NUMBER, Scheme::V31)] {
            if !is_wanted(scheme) {
                continue;
            }
            let mut digests: BTreeMap<u32, &[u8]> = BTreeMap::new();
            if let Some(digest) = self.manifest_sha256.as_ref().filter(|_| scheme == Scheme::V1) {
                digests.insert(MANIFEST_DIGEST, digest);
            }
            for signer in self.parsed.blocks(scheme) {
                let known = signer.digests.iter().filter_map(|(id, digest)| Some((id.known()?.content, *digest)));
                digests.extend(known.map(|(content, digest)| (digest_number(content), digest)));
            }
            signed.insert(number, encode(&digests));
        }
        signed
    }
}

/// `ContentDigestAlgorithm.java`
fn digest_number(content: ContentDigest) -> u32 {
    match content {
        ContentDigest::ChunkedSha256 => 1,
        ContentDigest::ChunkedSha512 => 2,
        ContentDigest::VeritySha256 => 3,
    }
}

/// Records of a number and bytes, each part with its length in front.
fn encode(digests: &BTreeMap<u32, &[u8]>) -> Vec<u8> {
    let mut out = Vec::new();
    for (number, digest) in digests {
        let length = u32::try_from(digest.len()).unwrap_or(u32::MAX);
        for value in [length.saturating_add(8), *number, length] {
            out.extend_from_slice(&value.to_le_bytes());
        }
        out.extend_from_slice(digest);
    }
    out
}

fn malformed(error: BytesError) -> Fault {
    (rules::STAMP_MALFORMED, format!("the stamp cannot be read: {error}"))
}

/// The key that stamped, and where what nobody looks at is told.
struct Stamper<'f> {
    key: PublicKey,
    app: &'f mut Findings,
}

impl SourceStamp {
    fn unread() -> Self {
        Self { verdict: Verdict::Rejected, certificate: None, time: None, lineage: Vec::new(), problems: Vec::new() }
    }

    /// Reads the pair and checks its signatures over the contents. What nobody looks at goes to the app's findings.
    fn read(
        &mut self,
        (version, value): &(Version, Vec<u8>),
        (named, contents, depth): (&[u8], &Contents<'_>, Depth),
        app: &mut Findings,
    ) -> Result<(), Fault> {
        let signed = &contents.signed();
        let mut pair = Reader::new(value);
        let mut fields = pair.prefixed_u32_le("source stamp").map_err(malformed)?;
        check_end(&pair, "the stamp", app);
        let der = fields.prefixed_u32_le("stamp certificate").map_err(malformed)?.take_rest().to_vec();
        let certificate = Certificate::from_der(der).map_err(|error| (rules::STAMP_MALFORMED, error.to_string()))?;
        let digest = digest::sha256(certificate.der());
        self.certificate = Some(certificate.clone());
        if named != digest {
            let message =
                format!("the stamp's certificate has the digest {}, `{ENTRY}` has {}", hex(&digest), hex(named));
            return Err((rules::STAMP_CERTIFICATE_MISMATCH, message));
        }
        let key = certificate.public_key_info().and_then(PublicKey::parse);
        let key = key.ok_or_else(|| (rules::STAMP_MALFORMED, "the stamp's key cannot be read".to_owned()))?;
        let mut stamper = Stamper { key, app };
        match version {
            Version::One => {
                let signatures = fields.prefixed_u32_le("stamp signatures").map_err(malformed)?;
                let signatures = read_signatures(signatures, stamper.app)?;
                stamper.check_any(&signatures, signed, depth)?;
            }
            Version::Two => {
                let schemes = fields.prefixed_u32_le("stamp schemes").map_err(malformed)?;
                let schemes = read_schemes(schemes, stamper.app)?;
                stamper.check_each(&schemes, signed, depth)?;
                if !fields.is_empty() {
                    self.read_attributes(&mut fields, &mut stamper, &certificate)?;
                }
                if depth == Depth::Full {
                    stamper.check_spare(&schemes, contents);
                }
            }
        }
        check_end(&fields, "the last field of the stamp", stamper.app);
        Ok(())
    }

    fn read_attributes(
        &mut self,
        fields: &mut Reader<'_>,
        stamper: &mut Stamper<'_>,
        certificate: &Certificate,
    ) -> Result<(), Fault> {
        let data = fields.prefixed_u32_le("stamp attributes").map_err(malformed)?;
        let signatures = fields.prefixed_u32_le("signatures of the stamp attributes").map_err(malformed)?;
        let signatures = read_signatures(signatures, stamper.app)?;
        stamper.check(&signatures, data.peek_rest(), "the attributes")?;
        let bad = |error: BytesError| (rules::STAMP_ATTRIBUTE_MALFORMED, error.to_string());
        let mut list = data.clone().prefixed_u32_le("stamp attributes").map_err(bad)?;
        while !list.is_empty() {
            let mut attribute = list.prefixed_u32_le("stamp attribute").map_err(bad)?;
            match attribute.u32_le("stamp attribute id").map_err(bad)? {
                TIME_ATTRIBUTE => {
                    // The time is a signed number in Java.
                    let time = attribute.u64_le("stamp time").map_err(bad)?;
                    if time == 0 || i64::try_from(time).is_err() {
                        return Err((rules::STAMP_TIME_INVALID, "the stamp's time is not after 1970".to_owned()));
                    }
                    self.time = Some(time);
                }
                LINEAGE_ATTRIBUTE => self.lineage = read_lineage(attribute.take_rest(), certificate)?,
                _ => {}
            }
        }
        Ok(())
    }
}

fn read_lineage(value: &[u8], certificate: &Certificate) -> Result<Vec<Certificate>, Fault> {
    let wrong = |message: String| (rules::STAMP_LINEAGE_WRONG, format!("the stamp's lineage: {message}"));
    let lineage = Lineage::parse(value).map_err(|(_, message)| wrong(message))?;
    lineage.verify().map_err(|(_, message)| wrong(message))?;
    if lineage.newest() != Some(certificate) {
        return Err(wrong("it does not end with the stamp's certificate".to_owned()));
    }
    Ok(lineage.certificates())
}

fn read_signatures<'a>(mut list: Reader<'a>, app: &mut Findings) -> Result<Vec<Record<'a>>, Fault> {
    let mut signatures: Vec<Record<'a>> = Vec::new();
    while !list.is_empty() {
        if signatures.len() >= SIGNATURES_PER_SIGNER {
            return Err((rules::STAMP_MALFORMED, "the stamp has too many signatures".to_owned()));
        }
        let mut record = list.prefixed_u32_le("stamp signature").map_err(malformed)?;
        let algorithm = AlgorithmId(record.u32_le("stamp algorithm").map_err(malformed)?);
        let signature = record.prefixed_u32_le("stamp signature").map_err(malformed)?.take_rest();
        check_end(&record, "a signature of the stamp", app);
        if signatures.iter().any(|(other, _)| *other == algorithm) {
            unusual(app, format!("the stamp has two signatures in one place with {algorithm}"));
        }
        signatures.push((algorithm, signature));
    }
    Ok(signatures)
}

/// Signatures by the number of the scheme; of two with the same number the last counts (`V2SourceStampVerifier.java`).
type SchemeSignatures<'a> = BTreeMap<u32, Vec<Record<'a>>>;

/// Signers write the numbers in ascending order (`V2SourceStampSigner.java`).
fn read_schemes<'a>(mut list: Reader<'a>, app: &mut Findings) -> Result<SchemeSignatures<'a>, Fault> {
    let mut schemes = SchemeSignatures::new();
    while !list.is_empty() {
        if schemes.len() > SIGNATURES_PER_SIGNER {
            return Err((rules::STAMP_MALFORMED, "the stamp is for too many schemes".to_owned()));
        }
        let mut scheme = list.prefixed_u32_le("stamp scheme").map_err(malformed)?;
        let number = scheme.u32_le("stamp scheme number").map_err(malformed)?;
        let signatures = read_signatures(scheme.prefixed_u32_le("stamp signatures").map_err(malformed)?, app)?;
        check_end(&scheme, "the stamp's signatures for a scheme", app);
        if schemes.last_key_value().is_some_and(|(last, _)| *last > number) {
            let message = format!("the stamp's signatures for scheme {number} stand behind those of a newer scheme");
            app.note(rules::STAMP_UNUSUAL, None, message);
        }
        if schemes.insert(number, signatures).is_some() {
            unusual(app, format!("the stamp has signatures for scheme {number} twice"));
        }
    }
    Ok(schemes)
}

impl Stamper<'_> {
    /// A stamp of the second form must cover every scheme. The platform knows none for v3.1, whose digests are of the same
    /// contents as those of v3. Without the full check the JAR manifest was not read.
    fn check_each(&mut self, schemes: &SchemeSignatures<'_>, signed: &Signed, depth: Depth) -> Result<(), Fault> {
        for (number, data) in signed.iter().filter(|(number, _)| depth == Depth::Full || **number != 1) {
            match schemes.get(number) {
                Some(signatures) => self.check(signatures, data, &format!("scheme {number}"))?,
                None if *number == V31_NUMBER => {}
                None => {
                    let message = format!("the stamp does not cover scheme {number}");
                    return Err((rules::STAMP_WITHOUT_SIGNATURE, message));
                }
            }
        }
        Ok(())
    }

    /// Signatures for schemes that no Android version in question uses. No number of v3.2 is known.
    fn check_spare(&mut self, schemes: &SchemeSignatures<'_>, contents: &Contents<'_>) {
        let (signed, spare) = (contents.signed(), contents.spare());
        for (number, signatures) in schemes.iter().filter(|(number, _)| !signed.contains_key(number)) {
            let checked = match spare.get(number) {
                Some(data) => self.check(signatures, data, &format!("scheme {number}")).map_err(|(_, message)| message),
                None if contents.scope.present.contains(&Scheme::V32) => Ok(()),
                None => Err(format!("the stamp has signatures for scheme {number}, which the file does not have")),
            };
            if let Err(message) = checked {
                unusual(self.app, format!("where no Android version in question looks: {message}"));
            }
        }
    }

    /// A stamp of the first form covers the digests of one scheme, it does not say of which.
    fn check_any(&mut self, signatures: &[Record<'_>], signed: &Signed, depth: Depth) -> Result<(), Fault> {
        let mut last = Err((rules::STAMP_WITHOUT_SIGNATURE, "the stamp covers no scheme".to_owned()));
        for data in signed.values() {
            last = self.check(signatures, data, "the contents");
            if last.is_ok() {
                return last;
            }
        }
        if depth == Depth::Full { last } else { Ok(()) }
    }

    /// Checks the signatures that Android uses; what is wrong with others is told when these hold.
    fn check(&mut self, signatures: &[Record<'_>], data: &[u8], what: &str) -> Result<(), Fault> {
        if signatures.is_empty() {
            return Err((rules::STAMP_WITHOUT_SIGNATURE, format!("the stamp has no signature over {what}")));
        }
        let used = used_signatures(signatures, STAMP_LEVELS);
        if used.is_empty() {
            let message = format!("the stamp's signatures over {what} use no algorithm that Android knows");
            return Err((rules::STAMP_ALGORITHM_UNSUPPORTED, message));
        }
        let holds = |algorithm: Algorithm, signature: &[u8]| self.key.verify(algorithm.method, data, signature);
        if !used.iter().all(|(algorithm, (_, signature))| holds(*algorithm, signature)) {
            return Err((rules::STAMP_SIGNATURE_WRONG, format!("the stamp's signature over {what} is wrong")));
        }
        for (id, signature) in signatures.iter().filter(|one| !used.iter().any(|(_, other)| other == *one)) {
            match id.known() {
                None => unusual(self.app, format!("the stamp has a signature over {what} with the unknown {id}")),
                Some(algorithm) if !holds(algorithm, signature) => {
                    let message =
                        format!("the stamp's signature over {what} with {id}, which Android does not use, is wrong");
                    unusual(self.app, message);
                }
                Some(_) => {}
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signature::block::find;
    use crate::signature::testing::{
        TestKey, certificate, examined, fixture, lineage, pair, prefixed, record, replace_block, signing_block,
    };
    use crate::zip::Directory;

    const STAMPER: TestKey = TestKey::Rsa("stamp");

    fn stamp(file: &[u8], request: &Request) -> SourceStamp {
        examined(file, request).0.source_stamp.unwrap()
    }

    fn id_of(stamp: &SourceStamp) -> &'static str {
        let [problem] = &stamp.problems[..] else { panic!("{stamp:?}") };
        problem.id
    }

    /// A pair of the signing block.
    fn value(file: &[u8], id: u32) -> Vec<u8> {
        let directory = Directory::read(&file).unwrap();
        let crate::signature::block::Search::Found(block) = find(&file, &directory).unwrap() else { panic!() };
        block.value(&file, id, &mut Findings::default()).unwrap().unwrap()
    }

    /// The fixture with its stamp replaced, or removed.
    fn with_stamp(new: Option<(u32, Vec<u8>)>) -> Vec<u8> {
        with_stamp_and(new, &[])
    }

    /// The same with more pairs.
    fn with_stamp_and(new: Option<(u32, Vec<u8>)>, more: &[u8]) -> Vec<u8> {
        let file = fixture("apk/source-stamp.apk");
        let others = [id::V2, id::V3].map(|id| pair(id, &value(&file, id)));
        let stamp = new.map(|(id, value)| pair(id, &value));
        replace_block(
            &file,
            &signing_block(&[others.to_vec(), stamp.into_iter().collect(), vec![more.to_vec()]].concat()),
        )
    }

    /// What a stamp must sign for each scheme of the fixture.
    fn signed() -> Signed {
        let file = fixture("apk/source-stamp.apk");
        let directory = Directory::read(&file).unwrap();
        let manifest = directory.contents(&file, directory.find("META-INF/MANIFEST.MF").unwrap(), 1 << 20).unwrap();
        let value = |scheme| crate::signature::testing::scheme_value("apk/source-stamp.apk", scheme);
        let (v2, v3) = (value(Scheme::V2), value(Scheme::V3));
        let digest = |scheme, value: &[u8]| {
            let signers = crate::signature::signer::parse(scheme, value, &mut Findings::default());
            encode(&BTreeMap::from([(1, signers[0].digests[0].1)]))
        };
        let manifest = digest::sha256(&manifest);
        let v1 = encode(&BTreeMap::from([(MANIFEST_DIGEST, &manifest[..])]));
        Signed::from([(1, v1), (2, digest(Scheme::V2, &v2)), (3, digest(Scheme::V3, &v3))])
    }

    fn signature(data: &[u8]) -> Vec<u8> {
        prefixed(&record(STAMPER.algorithm(), &STAMPER.sign(data)))
    }

    /// A stamp of the second form with these attributes.
    fn second_form(signed: &Signed, attributes: &[(u32, Vec<u8>)]) -> Vec<u8> {
        let schemes: Vec<u8> = signed
            .iter()
            .flat_map(|(number, data)| prefixed(&[&number.to_le_bytes(), &signature(data)[..]].concat()))
            .collect();
        let attributes: Vec<u8> =
            attributes.iter().flat_map(|(id, value)| prefixed(&[&id.to_le_bytes(), &value[..]].concat())).collect();
        let attributes = prefixed(&attributes);
        let certificate = certificate("stamp");
        let parts = [prefixed(certificate.der()), prefixed(&schemes), prefixed(&attributes), signature(&attributes)];
        prefixed(&parts.concat())
    }

    /// Found by changing every byte: from Android 7 on nobody asks the stamp about v1, and no byte changes without a word.
    #[test]
    fn a_change_where_nobody_looks_is_told() {
        let good = fixture("apk/source-stamp.apk");
        let value = value(&good, id::STAMP_V2);
        let start = good.windows(value.len()).position(|window| window == value).unwrap();
        let first = certificate("stamp").der().len() + 8;
        // the number of the first scheme, which is v1, and its signature
        for (min_sdk, is_used) in [(21, true), (24, false), (28, false)] {
            let (found, _) = examined(&good, &Request::for_apk(min_sdk));
            assert_eq!(
                (found.source_stamp.unwrap().verdict, found.warnings.len()),
                (Verdict::Verified, 0),
                "{min_sdk}"
            );
            // with another number it is for no scheme, or a second one for another scheme
            for (offset, mask) in [(8, 1), (8, 2), (8, 3), (40, 1), (200, 1)] {
                let mut changed = good.clone();
                changed[start + first + offset] ^= mask;
                let (found, _) = examined(&changed, &Request::for_apk(min_sdk));
                let stamp = found.source_stamp.unwrap();
                let wanted = if is_used { Verdict::Rejected } else { Verdict::Verified };
                assert_eq!(stamp.verdict, wanted, "{min_sdk} {offset}");
                let ids: Vec<&str> = found.warnings.iter().map(|warning| warning.id).collect();
                if !is_used {
                    assert_eq!(ids, ["stamp-unusual"], "{min_sdk} {offset} {mask}");
                }
                assert_eq!(found.verdict, Verdict::Verified, "a stamp says nothing of the app's own signature");
            }
        }
    }

    /// Nothing that nobody reads can be put into a stamp without a word.
    #[test]
    fn what_nobody_reads_is_told() {
        let signed = signed();
        let certificate = prefixed(certificate("stamp").der());
        let scheme =
            |number: u32, signatures: &[u8]| prefixed(&[&number.to_le_bytes(), &prefixed(signatures)[..]].concat());
        let good = |number: u32| record(STAMPER.algorithm(), &STAMPER.sign(&signed[&number]));
        let longer = |mut bytes: Vec<u8>| {
            bytes.push(0);
            let length = u32::try_from(bytes.len() - 4).unwrap();
            bytes[..4].copy_from_slice(&length.to_le_bytes());
            bytes
        };
        let [one, two, three] = [1, 2, 3].map(|number| scheme(number, &good(number)));
        let stamp = |schemes: &[&[u8]], rest: &[u8]| {
            prefixed(&[&certificate[..], &prefixed(&schemes.concat())[..], rest].concat())
        };
        let usual = stamp(&[&one, &two, &three], &[]);
        let attributes = prefixed(&[]);
        let attributes = [prefixed(&attributes), signature(&attributes)].concat();
        let warned = |value: Vec<u8>, pairs: &[u8]| {
            let file = with_stamp_and(Some((id::STAMP_V2, value)), pairs);
            let (found, _) = examined(&file, &Request::for_apk(21));
            assert_eq!(found.source_stamp.unwrap().verdict, Verdict::Verified);
            let ids: Vec<&str> = found.warnings.iter().map(|warning| warning.id).collect();
            assert!(ids.iter().all(|id| *id == "stamp-unusual"), "{ids:?}");
            ids.len()
        };
        assert_eq!(warned(usual.clone(), &[]), 0);
        assert_eq!(warned(stamp(&[&one, &two, &three], &attributes), &[]), 0);
        let unknown = record(0x9999, b"abcd");
        let wrong = record(0x101, &[7; 256]);
        let cases = [
            [usual.clone(), vec![0]].concat(),
            stamp(&[&one, &two, &three], &[&attributes[..], &[0; 4]].concat()),
            stamp(&[&one, &two, &two, &three], &[]),
            stamp(&[&one, &two, &three, &scheme(9, &good(2))], &[]),
            stamp(&[&one, &two, &scheme(3, &[good(3), good(3)].concat())], &[]),
            stamp(&[&one, &two, &scheme(3, &[good(3), unknown].concat())], &[]),
            stamp(&[&one, &two, &scheme(3, &[good(3), wrong].concat())], &[]),
            stamp(&[&one, &two, &scheme(3, &longer(good(3)))], &[]),
            stamp(&[&one, &two, &longer(three.clone())], &[]),
        ];
        for (number, case) in cases.into_iter().enumerate() {
            assert_eq!(warned(case, &[]), 1, "{number}");
        }
        let other_order = with_stamp(Some((id::STAMP_V2, stamp(&[&two, &one, &three], &[]))));
        let (found, _) = examined(&other_order, &Request::for_apk(21));
        assert_eq!((found.warnings.len(), found.notes[0].id), (0, "stamp-unusual"));
        let first_form = |data: &[u8]| pair(id::STAMP_V1, &prefixed(&[certificate.clone(), signature(data)].concat()));
        assert_eq!(warned(usual.clone(), &first_form(&signed[&3])), 0);
        assert_eq!(warned(usual.clone(), &first_form(b"other")), 1);
        assert_eq!(warned(usual, &pair(id::STAMP_V1, b"")), 1);
    }

    #[test]
    fn a_real_stamp_holds() {
        let file = fixture("apk/source-stamp.apk");
        let found = stamp(&file, &Request::for_apk(21));
        assert_eq!((found.verdict, &found.problems[..]), (Verdict::Verified, &[][..]));
        assert_eq!(found.certificate, Some(certificate("stamp")));
        let mut request = Request::for_apk(21);
        request.stamp_cert_digest = Some(digest::sha256(certificate("stamp").der()));
        assert_eq!(stamp(&file, &request).verdict, Verdict::Verified);
        request.stamp_cert_digest = Some([0; 32]);
        assert_eq!(id_of(&stamp(&file, &request)), "stamp-certificate-unexpected");
        let cheap = Request::for_apk(21).with_depth(Depth::Certificates);
        assert_eq!(stamp(&file, &cheap).verdict, Verdict::NotChecked);
    }

    #[test]
    fn a_lost_stamp_is_noticed() {
        assert_eq!(id_of(&stamp(&with_stamp(None), &Request::for_apk(21))), "stamp-missing");
        let plain = fixture("apk/demo-release.apk");
        assert_eq!(examined(&plain, &Request::for_apk(21)).0.source_stamp, None);
        let expecting = Request { stamp_cert_digest: Some([0; 32]), ..Request::for_apk(21) };
        assert_eq!(id_of(&stamp(&plain, &expecting)), "stamp-missing");
    }

    #[test]
    fn both_forms_and_their_attributes_are_checked() {
        let signed = signed();
        let time = 1_700_000_000_u64.to_le_bytes().to_vec();
        let keys = [TestKey::Rsa("release"), STAMPER];
        let attributes = [(TIME_ATTRIBUTE, time.clone()), (LINEAGE_ATTRIBUTE, lineage(&keys)), (7, vec![])];
        let good = stamp(&with_stamp(Some((id::STAMP_V2, second_form(&signed, &attributes)))), &Request::for_apk(21));
        assert_eq!((good.verdict, good.time), (Verdict::Verified, Some(1_700_000_000)), "{good:?}");
        assert_eq!(good.lineage, ["release", "stamp"].map(certificate));

        let first_form = prefixed(&[prefixed(certificate("stamp").der()), signature(&signed[&3])].concat());
        let first = stamp(&with_stamp(Some((id::STAMP_V1, first_form))), &Request::for_apk(21));
        assert_eq!(first.verdict, Verdict::Verified, "{first:?}");

        let refused = |signed: &Signed, attributes: &[(u32, Vec<u8>)]| {
            let file = with_stamp(Some((id::STAMP_V2, second_form(signed, attributes))));
            let found = stamp(&file, &Request::for_apk(21));
            assert_eq!(found.verdict, Verdict::Rejected);
            id_of(&found)
        };
        assert_eq!(refused(&signed, &[(TIME_ATTRIBUTE, vec![1; 4])]), "stamp-attribute-malformed");
        assert_eq!(refused(&signed, &[(TIME_ATTRIBUTE, vec![0; 8])]), "stamp-time-invalid");
        assert_eq!(refused(&signed, &[(TIME_ATTRIBUTE, vec![0xff; 8])]), "stamp-time-invalid");
        assert_eq!(refused(&signed, &[(LINEAGE_ATTRIBUTE, lineage(&keys[..1]))]), "stamp-lineage-wrong");
        let without = Signed::from([(2, signed[&2].clone()), (3, signed[&3].clone())]);
        assert_eq!(refused(&without, &[]), "stamp-without-signature");
        let other = Signed::from([(1, vec![1]), (2, signed[&2].clone()), (3, signed[&3].clone())]);
        assert_eq!(refused(&other, &[]), "stamp-signature-wrong");
    }

    #[test]
    fn no_change_of_a_stamp_is_verified() {
        let value = value(&fixture("apk/source-stamp.apk"), id::STAMP_V2);
        for at in (0..value.len()).step_by(17) {
            let mut changed = value.clone();
            changed[at] ^= 1;
            let found = stamp(&with_stamp(Some((id::STAMP_V2, changed))), &Request::for_apk(21));
            assert_ne!(found.verdict, Verdict::Verified, "{at}");
        }
    }
}
