//! Takes in a body as it arrives: decompresses it, counts what comes out, and stops at the cap.

use std::io::{self, Write};

use bytes::Bytes;
use flate2::write::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use http::HeaderMap;
use http::header::CONTENT_ENCODING;

/// What compressed bytes may come to beyond the cap on what they unpack to: empty blocks unpack to nothing.
const WIRE_SLACK_BYTES: u64 = 64 * 1024;
/// Memory set aside at once for an announced body; beyond that it grows as bytes truly arrive.
const FIRST_ALLOCATION_BYTES_MAX: u64 = 64 * 1024;

/// How the reading of a body ended.
#[derive(Debug)]
pub(crate) enum BodyEnd {
    Whole(Bytes),
    TooLarge,
    Undecodable(String),
    BrokenOff,
}

/// A body under way.
pub(crate) struct Sink {
    decoder: Decoder,
    wire_bytes_left: u64,
    empty: bool,
}

enum Decoder {
    /// The first piece is kept as it came: most answers are one piece.
    Plain {
        first: Bytes,
        rest: Vec<u8>,
        bytes_max: u64,
    },
    Gzip(MultiGzDecoder<Capped>),
    /// `deflate` before its first byte: servers send it with the zlib wrapper, as they should, or without.
    Deflate(Capped),
    Zlib(ZlibDecoder<Capped>),
    RawDeflate(DeflateDecoder<Capped>),
}

impl Sink {
    /// Chooses the decoder by the headers; says at once what need not be read to be known.
    pub(crate) fn new(headers: &HeaderMap, announced: Option<u64>, bytes_max: u64) -> Result<Self, BodyEnd> {
        let mut encodings = headers
            .get_all(CONTENT_ENCODING)
            .iter()
            .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
            .map(<[u8]>::trim_ascii)
            .filter(|name| !name.is_empty() && !name.eq_ignore_ascii_case(b"identity"));
        let encoding = encodings.next();
        if encodings.next().is_some() {
            return Err(BodyEnd::Undecodable("it is compressed more than once".into()));
        }
        let decoder = match encoding.map(<[u8]>::to_ascii_lowercase).as_deref() {
            None if announced.is_some_and(|announced| announced > bytes_max) => {
                return Err(BodyEnd::TooLarge);
            }
            None => Decoder::Plain { first: Bytes::new(), rest: Vec::new(), bytes_max },
            Some(b"gzip" | b"x-gzip") => {
                Decoder::Gzip(MultiGzDecoder::new(Capped::new(announced, bytes_max)))
            }
            Some(b"deflate") => Decoder::Deflate(Capped::new(announced, bytes_max)),
            Some(_) => {
                let why = "its content encoding is neither gzip nor deflate, the ones that were asked for";
                return Err(BodyEnd::Undecodable(why.into()));
            }
        };
        Ok(Self {
            decoder,
            wire_bytes_left: bytes_max.saturating_mul(2).saturating_add(WIRE_SLACK_BYTES),
            empty: true,
        })
    }

    /// Takes the next piece in; an `Err` is how the reading ends here and now.
    pub(crate) fn push(&mut self, data: Bytes) -> Result<(), BodyEnd> {
        if data.is_empty() {
            return Ok(());
        }
        self.empty = false;
        self.wire_bytes_left =
            self.wire_bytes_left.checked_sub(data.len() as u64).ok_or(BodyEnd::TooLarge)?;
        if let Decoder::Deflate(capped) = &mut self.decoder {
            let capped = std::mem::take(capped);
            self.decoder = if has_zlib_wrapper(data[0]) {
                Decoder::Zlib(ZlibDecoder::new(capped))
            } else {
                Decoder::RawDeflate(DeflateDecoder::new(capped))
            };
        }
        match &mut self.decoder {
            Decoder::Plain { first, rest, bytes_max } => take_plain(first, rest, *bytes_max, data),
            Decoder::Gzip(decoder) => {
                let written = decoder.write_all(&data);
                judge(written, decoder.get_ref())
            }
            Decoder::Zlib(decoder) => {
                let written = decoder.write_all(&data);
                judge(written, decoder.get_ref())
            }
            Decoder::RawDeflate(decoder) => {
                let written = decoder.write_all(&data);
                judge(written, decoder.get_ref())
            }
            Decoder::Deflate(_) => Ok(()), // chosen just above
        }
    }

    /// The body came to its end on the wire.
    pub(crate) fn finish(self) -> BodyEnd {
        if self.empty {
            // Whatever encoding was announced, nothing is nothing.
            return BodyEnd::Whole(Bytes::new());
        }
        match self.decoder {
            Decoder::Plain { first, rest, .. } if rest.is_empty() => BodyEnd::Whole(first),
            Decoder::Plain { rest, .. } => BodyEnd::Whole(rest.into()),
            Decoder::Gzip(mut decoder) => {
                let ended = decoder.try_finish();
                whole(ended, std::mem::take(decoder.get_mut()))
            }
            Decoder::Zlib(mut decoder) => {
                let ended = decoder.try_finish();
                whole(ended, std::mem::take(decoder.get_mut()))
            }
            Decoder::RawDeflate(mut decoder) => {
                let ended = decoder.try_finish();
                whole(ended, std::mem::take(decoder.get_mut()))
            }
            Decoder::Deflate(capped) => BodyEnd::Whole(capped.bytes.into()),
        }
    }
}

fn take_plain(first: &mut Bytes, rest: &mut Vec<u8>, bytes_max: u64, data: Bytes) -> Result<(), BodyEnd> {
    let so_far = first.len().max(rest.len());
    if (so_far + data.len()) as u64 > bytes_max {
        return Err(BodyEnd::TooLarge);
    }
    if so_far == 0 {
        *first = data;
        return Ok(());
    }
    if rest.is_empty() {
        rest.extend_from_slice(first);
    }
    rest.extend_from_slice(&data);
    Ok(())
}

/// The low four bits of the wrapper's first byte name the method, and 8 is the only one. A raw stream whose
/// first byte reads so would begin with a stored block of an odd kind that no encoder writes.
fn has_zlib_wrapper(first: u8) -> bool {
    first & 0x0f == 8
}

/// An overflow is told by the sink's own flag: the decoder only passes on that writing failed.
fn judge(written: io::Result<()>, capped: &Capped) -> Result<(), BodyEnd> {
    match written {
        _ if capped.over => Err(BodyEnd::TooLarge),
        Ok(()) => Ok(()),
        Err(_) => Err(corrupt()),
    }
}

fn whole(ended: io::Result<()>, capped: Capped) -> BodyEnd {
    match ended {
        _ if capped.over => BodyEnd::TooLarge,
        Ok(()) => BodyEnd::Whole(capped.bytes.into()),
        Err(_) => corrupt(),
    }
}

fn corrupt() -> BodyEnd {
    BodyEnd::Undecodable("its compressed form is corrupt".into())
}

/// Memory that takes no more than the cap.
#[derive(Default)]
struct Capped {
    bytes: Vec<u8>,
    bytes_max: u64,
    over: bool,
}

impl Capped {
    fn new(announced: Option<u64>, bytes_max: u64) -> Self {
        let first = announced.unwrap_or_default().min(bytes_max).min(FIRST_ALLOCATION_BYTES_MAX);
        Self { bytes: Vec::with_capacity(first as usize), bytes_max, over: false }
    }
}

impl Write for Capped {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        if (self.bytes.len() + data.len()) as u64 > self.bytes_max {
            self.over = true;
            return Err(io::Error::from(io::ErrorKind::StorageFull));
        }
        self.bytes.extend_from_slice(data);
        Ok(data.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

    fn read(encoding: &'static str, bytes: &[u8], piece: usize, max: u64) -> BodyEnd {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_ENCODING, encoding.parse().unwrap());
        let mut sink = match Sink::new(&headers, Some(bytes.len() as u64), max) {
            Ok(sink) => sink,
            Err(end) => return end,
        };
        for piece in bytes.chunks(piece) {
            if let Err(end) = sink.push(Bytes::copy_from_slice(piece)) {
                return end;
            }
        }
        sink.finish()
    }

    fn text() -> Vec<u8> {
        "callout ".repeat(1000).into_bytes()
    }

    fn gzip() -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(&text()).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn every_encoding_unpacks_to_the_same_whatever_the_pieces() {
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
        zlib.write_all(&text()).unwrap();
        let mut raw = DeflateEncoder::new(Vec::new(), Compression::default());
        raw.write_all(&text()).unwrap();
        let cases = [
            ("gzip", gzip()),
            ("X-GZip", gzip()),
            ("deflate", zlib.finish().unwrap()),
            ("deflate", raw.finish().unwrap()),
            ("identity", text()),
            ("identity, ", text()),
        ];
        for (encoding, bytes) in cases {
            for piece in [1, 7, 100_000] {
                let BodyEnd::Whole(body) = read(encoding, &bytes, piece, 8000) else {
                    panic!("{encoding} in pieces of {piece}")
                };
                assert_eq!(body, text());
                assert!(matches!(read(encoding, &bytes, piece, 7999), BodyEnd::TooLarge));
            }
        }
    }

    #[test]
    fn cut_or_altered_or_unasked_encodings_are_undecodable() {
        let gzip = gzip();
        assert!(matches!(read("gzip", &gzip[..gzip.len() - 4], 9, 9000), BodyEnd::Undecodable(_)));
        assert!(matches!(read("gzip", b"not gzip at all", 9, 9000), BodyEnd::Undecodable(_)));
        assert!(matches!(read("deflate", b"\xff\xff\xff", 9, 9000), BodyEnd::Undecodable(_)));
        assert!(matches!(read("gzip", b"", 9, 9000), BodyEnd::Whole(body) if body.is_empty()));
        assert!(matches!(read("br", b"x", 9, 9000), BodyEnd::Undecodable(_)));
        assert!(matches!(read("gzip, gzip", &gzip, 9, 9000), BodyEnd::Undecodable(_)));
    }
}
