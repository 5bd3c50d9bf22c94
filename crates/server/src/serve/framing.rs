//! Follows the framing of incoming requests, for what hyper hides: a length and a transfer encoding in one head.
//!
//! Which of the two counts is where two parsers on one connection come to differ, so such a request is refused.

/// Where the next byte stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    Head,
    /// So many bytes of body are to come.
    Body(u64),
    ChunkSize,
    /// So many bytes of chunk are to come, its line end with it.
    Chunk(u64),
    Trailers,
    /// Framing that hyper refuses too; nothing more is looked at.
    Lost,
}

/// As much of a line as is needed: the longest name that is looked for, blanks, and a length of 64 bits.
const LINE_BYTES_KEPT: usize = 64;

#[derive(Debug)]
pub struct Framing {
    at: At,
    line: [u8; LINE_BYTES_KEPT],
    line_len: usize,
    /// A line of the head was seen.
    begun: bool,
    transfer_encoding: bool,
    content_length: Option<u64>,
    ambiguous: bool,
}

impl Default for Framing {
    fn default() -> Self {
        Self {
            at: At::Head,
            line: [0; LINE_BYTES_KEPT],
            line_len: 0,
            begun: false,
            transfer_encoding: false,
            content_length: None,
            ambiguous: false,
        }
    }
}

impl Framing {
    /// Whether a head had both a length and a transfer encoding.
    pub fn is_ambiguous(&self) -> bool {
        self.ambiguous
    }

    /// Whether a head has begun to come and is not whole.
    pub fn in_head(&self) -> bool {
        self.at == At::Head && (self.begun || self.line_len > 0)
    }

    /// Follows the bytes that came.
    pub fn follow(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            match self.at {
                At::Lost => return,
                At::Body(left) => bytes = self.skip(bytes, left, At::Body, At::Head),
                At::Chunk(left) => bytes = self.skip(bytes, left, At::Chunk, At::ChunkSize),
                At::Head | At::ChunkSize | At::Trailers => match bytes.iter().position(|b| *b == b'\n') {
                    Some(end) => {
                        self.keep(&bytes[..end]);
                        self.line_over();
                        bytes = &bytes[end + 1..];
                    }
                    None => {
                        self.keep(bytes);
                        return;
                    }
                },
            }
        }
    }

    fn skip<'b>(&mut self, bytes: &'b [u8], left: u64, still: fn(u64) -> At, then: At) -> &'b [u8] {
        let here = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
        let left = left - here as u64;
        self.at = if left == 0 { then } else { still(left) };
        &bytes[here..]
    }

    fn keep(&mut self, bytes: &[u8]) {
        let here = bytes.len().min(LINE_BYTES_KEPT - self.line_len);
        self.line[self.line_len..self.line_len + here].copy_from_slice(&bytes[..here]);
        self.line_len += here;
    }

    fn line_over(&mut self) {
        let line = &self.line[..self.line_len];
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        match self.at {
            At::ChunkSize => {
                self.at = match chunk_size(line) {
                    Some(0) => At::Trailers,
                    Some(size) => size.checked_add(2).map_or(At::Lost, At::Chunk),
                    None => At::Lost,
                };
            }
            At::Trailers if line.is_empty() => self.at = At::Head,
            At::Head if line.is_empty() && self.begun => self.head_over(),
            At::Head if self.begun => {
                if value_of(line, b"transfer-encoding").is_some() {
                    self.transfer_encoding = true;
                } else if let Some(value) = value_of(line, b"content-length") {
                    // What is no number hyper refuses.
                    self.content_length = Some(number(value).unwrap_or(0));
                }
            }
            At::Head => self.begun = !line.is_empty(),
            _ => {}
        }
        self.line_len = 0;
    }

    fn head_over(&mut self) {
        self.ambiguous |= self.transfer_encoding && self.content_length.is_some();
        self.at = match (self.transfer_encoding, self.content_length) {
            (true, _) => At::ChunkSize,
            (false, Some(length)) if length > 0 => At::Body(length),
            _ => At::Head,
        };
        (self.begun, self.transfer_encoding, self.content_length) = (false, false, None);
    }
}

fn value_of<'l>(line: &'l [u8], name: &[u8]) -> Option<&'l [u8]> {
    let (head, value) = line.split_at_checked(name.len())?;
    let value = value.strip_prefix(b":")?;
    head.eq_ignore_ascii_case(name).then_some(value)
}

fn number(text: &[u8]) -> Option<u64> {
    std::str::from_utf8(text).ok()?.trim().parse().ok()
}

fn chunk_size(line: &[u8]) -> Option<u64> {
    let size = line.split(|b| *b == b';').next()?;
    u64::from_str_radix(std::str::from_utf8(size).ok()?.trim(), 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same in one piece and byte by byte.
    fn followed(text: &str) -> Framing {
        let (mut whole, mut pieces) = (Framing::default(), Framing::default());
        whole.follow(text.as_bytes());
        text.as_bytes().chunks(1).for_each(|byte| pieces.follow(byte));
        assert_eq!(
            (whole.at, whole.in_head(), whole.is_ambiguous()),
            (pieces.at, pieces.in_head(), pieces.is_ambiguous()),
            "{text:?}"
        );
        whole
    }

    #[test]
    fn both_in_one_head_are_seen_in_either_order_and_any_request() {
        let plain = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
        let length = "POST / HTTP/1.1\r\ncontent-length: 31\r\n\r\nTransfer-Encoding: chunked\r\n\r\nabc";
        let chunked = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n15;x=y\r\nContent-Length: 1\r\n\r\n\r\n0\r\nContent-Length: 9\r\n\r\n";
        for before in ["", "\r\n", plain, length, chunked] {
            assert!(!followed(before).is_ambiguous(), "{before:?}");
            for both in [
                "POST / HTTP/1.1\r\nContent-Length: 3\r\nTRANSFER-ENCODING: chunked\r\n\r\n",
                "POST / HTTP/1.1\nTransfer-Encoding: gzip, chunked\nA: b\ncontent-length:3\n\n",
            ] {
                assert!(followed(&format!("{before}{both}")).is_ambiguous(), "{before:?}{both:?}");
            }
        }
    }

    #[test]
    fn a_head_that_is_not_whole_is_told_from_none() {
        assert!(!followed("").in_head());
        assert!(followed("GET /").in_head());
        assert!(followed("GET / HTTP/1.1\r\nHost: a\r\n").in_head());
        assert!(!followed("GET / HTTP/1.1\r\nHost: a\r\n\r\n").in_head());
        assert!(!followed("POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nab").in_head());
        assert!(followed("POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\nabG").in_head());
    }

    #[test]
    fn nonsense_is_lost_and_nothing_panics() {
        let head = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
        for body in ["zz\r\n", "ffffffffffffffff\r\n", "-1\r\n", ";\r\n"] {
            assert_eq!(followed(&format!("{head}{body}")).at, At::Lost, "{body:?}");
        }
        let long = format!("GET / HTTP/1.1\r\n{}: x\r\nContent-Length: nine\r\n\r\n", "x".repeat(500));
        assert_eq!(followed(&long).at, At::Head);
    }
}
