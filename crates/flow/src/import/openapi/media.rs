//! Media types as documents name them.

/// The type alone, in lower case, without parameters.
pub(super) fn essence(media: &str) -> String {
    media.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

pub(super) fn is_json(media: &str) -> bool {
    let media = essence(media);
    media == "application/json" || media == "text/json" || media.ends_with("+json")
}

/// How a body is written; of several that are offered the first here is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Json,
    Form,
    Multipart,
    Xml,
    Text,
    /// Anything else: its bytes as a text.
    Other,
}

impl Kind {
    pub(super) fn of(media: &str) -> Self {
        match essence(media).as_str() {
            _ if is_json(media) => Self::Json,
            "*/*" | "application/*" => Self::Json,
            "application/x-www-form-urlencoded" => Self::Form,
            "multipart/form-data" => Self::Multipart,
            essence if essence.ends_with("/xml") || essence.ends_with("+xml") => Self::Xml,
            essence if essence.starts_with("text/") => Self::Text,
            _ => Self::Other,
        }
    }
}
