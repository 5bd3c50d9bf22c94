//! Reads HTTP/1.1 answers off a connection as cheaply as a load must: it shares its core with the upstream.

use anyhow::{Context, Result, bail};

/// Header fields of one answer.
const FIELDS_MAX: usize = 64;
/// An answer's bytes: above the largest body that any scenario asks for, with what an API may wrap around it.
const ANSWER_BYTES_MAX: usize = 64 << 20;

#[derive(Clone, Copy, Debug)]
struct Head {
    status: u16,
    bytes: usize,
    /// None where the body comes in chunks.
    length: Option<usize>,
}

/// One answer at a time, in a buffer that is kept.
#[derive(Debug, Default)]
pub struct Reader {
    /// Where the connection's bytes are appended.
    pub buffer: Vec<u8>,
    head: Option<Head>,
    /// The chunks read so far, and where the next begins in the buffer.
    body: Vec<u8>,
    next_chunk: usize,
}

impl Reader {
    /// What `judge` makes of status and body, once the whole answer is there.
    pub fn answered<T>(&mut self, judge: impl FnOnce(u16, &[u8]) -> T) -> Result<Option<T>> {
        if self.buffer.len() > ANSWER_BYTES_MAX {
            bail!("an answer of more than {ANSWER_BYTES_MAX} bytes");
        }
        if self.head.is_none() {
            self.head = read_head(&self.buffer)?;
            self.next_chunk = self.head.map_or(0, |head| head.bytes);
        }
        let Some(head) = self.head else { return Ok(None) };
        let judged = match head.length {
            Some(length) => match self.buffer.get(head.bytes..head.bytes + length) {
                Some(body) => judge(head.status, body),
                None => return Ok(None),
            },
            None if self.read_chunks()? => judge(head.status, &self.body),
            None => return Ok(None),
        };
        self.buffer.clear();
        self.body.clear();
        self.head = None;
        Ok(Some(judged))
    }

    /// Whether the last chunk has come.
    fn read_chunks(&mut self) -> Result<bool> {
        loop {
            let rest = &self.buffer[self.next_chunk..];
            let (line, size) = match httparse::parse_chunk_size(rest) {
                Ok(httparse::Status::Complete(found)) => found,
                Ok(httparse::Status::Partial) => return Ok(false),
                Err(_) => bail!("a chunk without a size"),
            };
            let size = usize::try_from(size)?;
            let Some(chunk) = rest.get(line..line + size + 2) else { return Ok(false) };
            if size == 0 {
                return Ok(true);
            }
            self.body.extend_from_slice(&chunk[..size]);
            self.next_chunk += line + size + 2;
        }
    }
}

fn read_head(buffer: &[u8]) -> Result<Option<Head>> {
    let mut fields = [httparse::EMPTY_HEADER; FIELDS_MAX];
    let mut parsed = httparse::Response::new(&mut fields);
    let httparse::Status::Complete(bytes) = parsed.parse(buffer).context("not an HTTP answer")? else {
        return Ok(None);
    };
    let status = parsed.code.context("an answer without a status")?;
    let field = |name: &str| {
        parsed.headers.iter().find(|field| field.name.eq_ignore_ascii_case(name)).map(|field| field.value)
    };
    let length = if field("transfer-encoding").is_some() {
        None
    } else if let Some(value) = field("content-length") {
        Some(std::str::from_utf8(value)?.parse().context("a length that is no number")?)
    } else if matches!(status, 204 | 304) {
        Some(0)
    } else {
        bail!("an answer with neither length nor chunks");
    };
    Ok(Some(Head { status, bytes, length }))
}

#[cfg(test)]
mod tests {
    use super::Reader;

    /// Feeds `text` byte by byte and returns what came of it.
    fn read(reader: &mut Reader, text: &str) -> Vec<(u16, String)> {
        let mut answers = Vec::new();
        for byte in text.bytes() {
            reader.buffer.push(byte);
            let judged = reader.answered(|status, body| (status, String::from_utf8_lossy(body).into_owned()));
            answers.extend(judged.unwrap());
        }
        answers
    }

    #[test]
    fn an_answer_is_read_by_length_and_by_chunks_on_one_connection() {
        let mut reader = Reader::default();
        let fixed = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc";
        assert_eq!(read(&mut reader, fixed), [(200, "abc".to_owned())]);
        let chunked =
            "HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n";
        assert_eq!(read(&mut reader, chunked), [(202, "abc".to_owned())]);
        assert_eq!(read(&mut reader, fixed), [(200, "abc".to_owned())]);
    }
}
