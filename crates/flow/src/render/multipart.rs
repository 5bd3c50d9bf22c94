//! `multipart/form-data` (RFC 7578), names written as the HTML standard writes them.

use sha2::{Digest, Sha256};

use super::body::{Body, check_content_type, checked, too_large};
use super::query::has_template;
use super::slot::{Filled, IN_BODY, Slot};
use super::{Compiler, Renderer};
use crate::node::api_call::draft::PartDraft;
use crate::problem::FieldPath;

/// How many boundaries are tried; each is as unlikely as a hash to stand in a part.
const BOUNDARIES_MAX: u32 = 16;

#[derive(Debug)]
pub(super) struct Multipart {
    parts: Vec<Part>,
    at: FieldPath,
}

#[derive(Debug)]
struct Part {
    name: String,
    value: Slot,
    filename: Option<Slot>,
    content_type: Option<String>,
}

impl Multipart {
    pub(super) fn compile(parts: &[PartDraft], at: &FieldPath, compiler: &mut Compiler<'_>) -> Option<Self> {
        let mut compiled = Vec::new();
        for (index, part) in parts.iter().enumerate() {
            compiled.extend(Part::compile(part, &at.index(index), compiler));
        }
        (compiled.len() == parts.len()).then(|| Self { parts: compiled, at: at.clone() })
    }

    pub(super) fn render(&self, run_id: &str, renderer: &mut Renderer<'_>) -> Option<Body> {
        let told = renderer.invalid.len();
        let mut parts: Vec<(String, String)> = Vec::new();
        let mut size = 0;
        for part in &self.parts {
            parts.extend(part.render(renderer));
            size = parts.last().map_or(size, |(head, value)| size + head.len() + value.len());
            if size > crate::request::BODY_BYTES_MAX {
                too_large(&self.at, renderer);
                return None;
            }
        }
        if renderer.invalid.len() > told {
            return None;
        }
        let Some(boundary) = boundary(run_id, &parts) else {
            renderer.invalid(&self.at, "multipart-boundary", "the parts hold every boundary that was tried");
            return None;
        };
        let mut bytes = Vec::with_capacity(size);
        for (head, value) in &parts {
            bytes.extend_from_slice(format!("--{boundary}\r\n{head}\r\n").as_bytes());
            bytes.extend_from_slice(value.as_bytes());
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
        let bytes = checked(bytes, &self.at, renderer)?;
        Some(Body::new(bytes, format!("multipart/form-data; boundary={boundary}")))
    }
}

impl Part {
    fn compile(part: &PartDraft, at: &FieldPath, compiler: &mut Compiler<'_>) -> Option<Self> {
        let mut good = true;
        if has_template(&part.name) {
            let fix = "Write the name as it is, and put the template into the value.";
            compiler.error("template-in-name", &at.key("name"), "a part's name holds no template", fix);
            good = false;
        }
        if let Some(content_type) = &part.content_type {
            good &= check_content_type(content_type, &at.key("contentType"), compiler);
        }
        let value = Slot::compile(part.value.as_str(), part.optional, &at.key("value"), compiler);
        let filename = match &part.filename {
            None => Some(None),
            Some(name) => Slot::compile(name, part.optional, &at.key("filename"), compiler).map(Some),
        };
        if !good {
            return None;
        }
        let (name, content_type) = (part.name.clone(), part.content_type.clone());
        Some(Self { name, value: value?, filename: filename?, content_type })
    }

    /// The part's head, each line ended, and its value.
    fn render(&self, renderer: &mut Renderer<'_>) -> Option<(String, String)> {
        let value = self.value.fill_plain(&IN_BODY, renderer);
        let filename = self.filename.as_ref().map(|slot| slot.fill_plain(&IN_BODY, renderer));
        let mut head = format!("Content-Disposition: form-data; name=\"{}\"", escaped(&self.name));
        match filename {
            None => {}
            Some(Filled::Value(name)) => head.push_str(&format!("; filename=\"{}\"", escaped(&name))),
            Some(Filled::Left | Filled::Invalid) => return None,
        }
        head.push_str("\r\n");
        let content_type = match (&self.content_type, &self.filename) {
            (Some(content_type), _) => Some(content_type.as_str()),
            (None, Some(_)) => Some("application/octet-stream"),
            (None, None) => None,
        };
        if let Some(content_type) = content_type {
            head.push_str(&format!("Content-Type: {content_type}\r\n"));
        }
        match value {
            Filled::Value(value) => Some((head, value)),
            Filled::Left | Filled::Invalid => None,
        }
    }
}

/// A name within quotes: the HTML standard's three escapes, so that no name ends its line.
fn escaped(name: &str) -> String {
    name.replace('\n', "%0A").replace('\r', "%0D").replace('"', "%22")
}

/// A boundary that no part holds; the same parts of the same run give the same one.
fn boundary(run_id: &str, parts: &[(String, String)]) -> Option<String> {
    (0..BOUNDARIES_MAX).find_map(|attempt| {
        let mut hash = Sha256::new();
        hash.update(attempt.to_be_bytes());
        hash.update(run_id.as_bytes());
        for (head, value) in parts {
            hash.update(head.as_bytes());
            hash.update(value.as_bytes());
        }
        let digits: String = hash.finalize().iter().take(15).map(|byte| format!("{byte:02x}")).collect();
        let boundary = format!("callout-{digits}");
        let taken = parts.iter().any(|(head, value)| head.contains(&boundary) || value.contains(&boundary));
        (!taken).then_some(boundary)
    })
}
