//! gzip (RFC 1952) for scripted answers: deflate (RFC 1951) with fixed codes and runs of one byte. Small and valid rather
//! than tight; a filler of one letter shrinks 150 times, which is what a bomb needs.

/// Compresses piece by piece.
pub(super) struct Gzip {
    bits: u64,
    bit_count: u32,
    crc: u32,
    length: u32,
    out: Vec<u8>,
}

impl Gzip {
    /// Starts with the header and one last block with fixed codes.
    pub fn new() -> Gzip {
        // Magic, deflate, no flags, no time, no level, unknown system.
        let out = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
        let mut gzip = Gzip { bits: 0, bit_count: 0, crc: !0, length: 0, out };
        gzip.low_first(0b011, 3);
        gzip
    }

    /// Takes more of the text; returns what is ready to go out.
    pub fn push(&mut self, text: &[u8]) -> Vec<u8> {
        for run in text.chunk_by(|a, b| a == b) {
            let byte = run[0];
            for _ in run {
                self.crc = self.crc >> 8 ^ CRC[usize::from(self.crc as u8 ^ byte)];
            }
            self.literal(byte);
            let mut rest = run.len() - 1;
            while rest >= 258 {
                self.code(0b1100_0101, 8); // length 258 (symbol 285) …
                self.code(0, 5); // … at distance 1
                rest -= 258;
            }
            (0..rest).for_each(|_| self.literal(byte));
        }
        self.length = self.length.wrapping_add(text.len() as u32); // modulo 2^32 as the format wants it
        std::mem::take(&mut self.out)
    }

    /// The end of the block and the trailer.
    pub fn finish(mut self) -> Vec<u8> {
        self.code(0, 7);
        self.low_first(0, (8 - self.bit_count % 8) % 8);
        self.out.extend((!self.crc).to_le_bytes());
        self.out.extend(self.length.to_le_bytes());
        self.out
    }

    fn literal(&mut self, byte: u8) {
        match byte {
            0..=143 => self.code(0x30 + u32::from(byte), 8),
            144..=255 => self.code(0x190 + u32::from(byte - 144), 9),
        }
    }

    /// Codes go in with their highest bit first …
    fn code(&mut self, code: u32, count: u32) {
        self.low_first(code.reverse_bits() >> (32 - count), count);
    }

    /// … everything else with its lowest.
    fn low_first(&mut self, value: u32, count: u32) {
        self.bits |= u64::from(value) << self.bit_count;
        self.bit_count += count;
        while self.bit_count >= 8 {
            self.out.push(self.bits as u8);
            self.bits >>= 8;
            self.bit_count -= 8;
        }
    }
}

/// The table of RFC 1952, 8.
const CRC: [u32; 256] = {
    let mut table = [0; 256];
    let mut n = 0;
    while n < 256 {
        let mut c = n as u32;
        let mut k = 0;
        while k < 8 {
            c = if c & 1 == 1 { 0xedb8_8320 ^ c >> 1 } else { c >> 1 };
            k += 1;
        }
        table[n] = c;
        n += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes the fixed codes apart again, independently of how they were made.
    fn inflated(zipped: &[u8]) -> Vec<u8> {
        let (body, trailer) = zipped[10..].split_at(zipped.len() - 18);
        let mut bits = body.iter().flat_map(|byte| (0..8).map(move |at| u32::from(byte >> at & 1)));
        let mut out: Vec<u8> = Vec::new();
        let mut take = |count: u32, so_far: u32| (0..count).fold(so_far, |code, _| code << 1 | bits.next().unwrap());
        assert_eq!(take(3, 0), 0b110);
        loop {
            let seven = take(7, 0);
            if seven == 0 {
                break;
            }
            let eight = take(1, seven);
            match eight {
                0x30..=0xbf => out.push((eight - 0x30) as u8),
                0xc5 => {
                    assert_eq!(take(5, 0), 0);
                    let last = *out.last().unwrap();
                    out.extend([last; 258]);
                }
                _ => out.push((take(1, eight) - 0x190 + 144) as u8),
            }
        }
        assert_eq!(trailer[4..], (out.len() as u32).to_le_bytes());
        out
    }

    #[test]
    fn what_goes_in_comes_out() {
        let filler = "x".repeat(1000);
        for pieces in [vec![""], vec!["{\"data\":", "åäö🙂}"], vec!["a", &filler, &filler, "aab"]] {
            let mut gzip = Gzip::new();
            let mut zipped: Vec<u8> = pieces.iter().flat_map(|piece| gzip.push(piece.as_bytes())).collect();
            zipped.extend(gzip.finish());
            assert_eq!(String::from_utf8(inflated(&zipped)).unwrap(), pieces.concat());
        }
    }

    #[test]
    fn the_checksum_is_the_known_one() {
        let mut gzip = Gzip::new();
        gzip.push(b"123456789");
        let zipped = gzip.finish();
        assert_eq!(zipped[zipped.len() - 8..zipped.len() - 4], 0xcbf4_3926_u32.to_le_bytes());
    }
}
