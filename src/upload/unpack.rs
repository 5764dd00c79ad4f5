//! Answers that come compressed.

use std::borrow::Cow;
use std::io::Read;

use flate2::read::MultiGzDecoder;
use hyper::header::{CONTENT_ENCODING, HeaderMap};

/// Why there is nothing to read.
#[derive(Debug, PartialEq, Eq)]
pub enum Failure {
    /// There is more than the limit.
    TooLong,
    /// It cannot be decompressed; why.
    Damaged(String),
}

/// A body as the server meant it: never more than so many bytes, however small it came.
pub fn unpacked<'a>(headers: &HeaderMap, body: &'a [u8], bytes_max: usize) -> Result<Cow<'a, [u8]>, Failure> {
    let coding = headers.get(CONTENT_ENCODING).map_or(&b""[..], |coding| coding.as_bytes().trim_ascii());
    let packed = [&b"gzip"[..], b"x-gzip"].iter().any(|gzip| coding.eq_ignore_ascii_case(gzip));
    if !packed || body.is_empty() {
        return Ok(Cow::Borrowed(body));
    }
    let mut plain = Vec::new();
    let read = MultiGzDecoder::new(body).take(bytes_max as u64 + 1).read_to_end(&mut plain);
    match read {
        Ok(bytes) if bytes > bytes_max => Err(Failure::TooLong),
        Ok(_) => Ok(Cow::Owned(plain)),
        Err(cause) => Err(Failure::Damaged(cause.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use std::io::Write;

    fn packed(plain: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(plain).expect("memory takes all");
        encoder.finish().expect("memory takes all")
    }

    fn of(coding: &str, body: &[u8]) -> Result<Vec<u8>, Failure> {
        let headers = HeaderMap::from_iter([(CONTENT_ENCODING, coding.parse().expect("a header"))]);
        unpacked(&headers, body, 1000).map(Cow::into_owned)
    }

    #[test]
    fn what_is_said_to_be_packed_is_unpacked_whole_or_not_at_all() {
        let body = packed(b"{}");
        assert_eq!(of("gzip", &body), Ok(b"{}".to_vec()));
        assert_eq!(of("X-GZip", &[packed(b"{"), packed(b"}")].concat()), Ok(b"{}".to_vec()));
        assert_eq!(of("identity", &body), Ok(body.clone()));
        assert_eq!(of("gzip", b""), Ok(Vec::new()));
        assert!(matches!(of("gzip", &body[..body.len() - 3]), Err(Failure::Damaged(_))));
        assert!(matches!(of("gzip", b"{}"), Err(Failure::Damaged(_))));
    }

    #[test]
    fn a_bomb_goes_off_at_the_limit() {
        let bomb = packed(&vec![b' '; 1 << 24]);
        assert!(bomb.len() < 1 << 15);
        assert_eq!(of("gzip", &bomb), Err(Failure::TooLong));
        assert_eq!(of("gzip", &packed(&[b' '; 1000])).map(|plain| plain.len()), Ok(1000));
    }
}
