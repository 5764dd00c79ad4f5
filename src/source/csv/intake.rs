//! Bytes in, UTF-8 out. What is UTF-8 already passes untouched; anything else is transcoded as it streams.

use std::io::{self, Read};

use encoding_rs::{Decoder, DecoderResult, Encoding, UTF_8};

use crate::source::limits::CHUNK_BYTES;

/// Opens the mark of undecodable bytes in transcoded text: this byte is never part of UTF-8. Each byte follows as two
/// continuation bytes (high half, low half), which no delimiter, quote or line end can be mistaken for.
pub(super) const UNDECODABLE: u8 = 0xFF;

/// Where the record reader takes its bytes from.
pub(super) enum Intake {
    /// UTF-8, perhaps broken in places.
    Plain {
        /// The bytes.
        input: Box<dyn Read + Send>,
        /// Bytes handed on so far.
        taken: u64,
    },
    /// Another encoding.
    Transcoded(Box<Transcoder>),
}

impl Intake {
    /// Reads `input`, of which `skipped` bytes are gone already, as `encoding`.
    pub(super) fn new(input: Box<dyn Read + Send>, encoding: &'static Encoding, skipped: u64) -> Self {
        if encoding == UTF_8 {
            return Intake::Plain { input, taken: skipped };
        }
        Intake::Transcoded(Box::new(Transcoder {
            input,
            decoder: encoding.new_decoder_without_bom_handling(),
            raw: vec![0; CHUNK_BYTES],
            raw_at: 0..0,
            recent: Vec::with_capacity(2 * RECENT),
            decoded: vec![0; CHUNK_BYTES + MARK_BYTES_MAX],
            decoded_at: 0..0,
            ended: false,
            finished: false,
            taken: skipped,
        }))
    }

    /// The next bytes; 0 only at the end.
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Intake::Plain { input, taken } => {
                let read = read_some(input, buffer)?;
                *taken += read as u64;
                Ok(read)
            }
            Intake::Transcoded(transcoder) => transcoder.read(buffer),
        }
    }

    /// Bytes taken from the file, the skipped ones included.
    pub(super) fn taken(&self) -> u64 {
        match self {
            Intake::Plain { taken, .. } => *taken,
            Intake::Transcoded(transcoder) => transcoder.taken,
        }
    }
}

fn read_some(input: &mut dyn Read, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match input.read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

/// How many bytes back a decoder may point when it finds something malformed.
const RECENT: usize = 16;
/// A malformed sequence has at most 4 bytes in any encoding of the standard; each takes two, and one opens the mark.
const MARK_BYTES_MAX: usize = 16;

/// Decodes as it reads. What cannot be decoded becomes a mark, see [`UNDECODABLE`].
pub(super) struct Transcoder {
    input: Box<dyn Read + Send>,
    decoder: Decoder,
    raw: Vec<u8>,
    raw_at: std::ops::Range<usize>,
    recent: Vec<u8>,
    decoded: Vec<u8>,
    decoded_at: std::ops::Range<usize>,
    ended: bool,
    finished: bool,
    taken: u64,
}

impl Transcoder {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.decoded_at.is_empty() && !self.finished {
            self.decode()?;
        }
        let ready = &self.decoded[self.decoded_at.clone()];
        let len = ready.len().min(buffer.len());
        buffer[..len].copy_from_slice(&ready[..len]);
        self.decoded_at.start += len;
        Ok(len)
    }

    fn decode(&mut self) -> io::Result<()> {
        if self.raw_at.is_empty() && !self.ended {
            let read = read_some(&mut *self.input, &mut self.raw)?;
            self.taken += read as u64;
            self.ended = read == 0;
            self.raw_at = 0..read;
        }
        let raw = &self.raw[self.raw_at.clone()];
        let (result, read, written) =
            self.decoder.decode_to_utf8_without_replacement(raw, &mut self.decoded[..CHUNK_BYTES], self.ended);
        self.recent.extend_from_slice(&raw[read.saturating_sub(RECENT)..read]);
        self.recent.drain(..self.recent.len().saturating_sub(RECENT));
        self.raw_at.start += read;
        self.decoded_at = 0..written;
        match result {
            DecoderResult::InputEmpty => self.finished = self.ended,
            DecoderResult::OutputFull => {}
            DecoderResult::Malformed(len, after) => {
                let end = self.recent.len().saturating_sub(usize::from(after));
                let start = end.saturating_sub(usize::from(len));
                let mut at = written;
                let mut put = |byte| {
                    self.decoded[at] = byte;
                    at += 1;
                };
                put(UNDECODABLE);
                for &byte in self.recent[start..end].iter().take((MARK_BYTES_MAX - 1) / 2) {
                    put(0x80 | byte >> 4);
                    put(0x80 | byte & 0x0F);
                }
                self.decoded_at.end = at;
            }
        }
        Ok(())
    }
}

/// What is undecodable at the start of `bytes`: the original bytes, and how much of the text stands for them.
/// `transcoded` says whether marks are to be expected.
pub(super) fn undecodable(bytes: &[u8], error_len: usize, transcoded: bool) -> (Vec<u8>, usize) {
    if transcoded && bytes.first() == Some(&UNDECODABLE) {
        let halves: Vec<u8> = bytes[1..].iter().copied().take_while(|byte| byte & 0xF0 == 0x80).collect();
        let original = halves.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1] & 0x0F).collect();
        return (original, 1 + halves.len());
    }
    (bytes[..error_len].to_vec(), error_len)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn transcode(encoding: &'static Encoding, bytes: &[u8], step: usize) -> Vec<u8> {
        struct Sips(std::collections::VecDeque<u8>, usize);
        impl Read for Sips {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                let len = buffer.len().min(self.1);
                self.0.read(&mut buffer[..len])
            }
        }
        let mut intake = Intake::new(Box::new(Sips(bytes.iter().copied().collect(), step)), encoding, 0);
        let (mut out, mut buffer) = (Vec::new(), [0; 7]);
        loop {
            let read = intake.read(&mut buffer).unwrap();
            if read == 0 {
                assert_eq!(intake.taken(), bytes.len() as u64);
                return out;
            }
            out.extend_from_slice(&buffer[..read]);
        }
    }

    #[test]
    fn other_encodings_become_utf_8_however_they_arrive() {
        for step in [1, 2, 5, 1000] {
            assert_eq!(transcode(encoding_rs::WINDOWS_1252, b"\xC5sa \x80", step), "Åsa €".as_bytes());
            let wide: Vec<u8> = "Åsa 😀".encode_utf16().flat_map(u16::to_be_bytes).collect();
            assert_eq!(transcode(encoding_rs::UTF_16BE, &wide, step), "Åsa 😀".as_bytes());
            assert_eq!(transcode(UTF_8, b"a\xFFb", step), b"a\xFFb");
        }
    }

    #[test]
    fn what_cannot_be_decoded_keeps_its_bytes() {
        for step in [1, 2, 5, 1000] {
            let text = transcode(encoding_rs::UTF_16LE, b"a\0\x01\xD8b\0c", step);
            assert_eq!(text[0], b'a');
            assert_eq!(undecodable(&text[1..], 1, true), (vec![0x01, 0xD8], 5), "step {step}");
            assert_eq!(text[6], b'b');
            assert_eq!(undecodable(&text[7..], 1, true), (vec![b'c'], 3));
            let text = transcode(encoding_rs::WINDOWS_1253, b"x\xD2y", step);
            assert_eq!(undecodable(&text[1..], 1, true), (vec![0xD2], 3));
            assert_eq!(text.last(), Some(&b'y'));
        }
    }
}
