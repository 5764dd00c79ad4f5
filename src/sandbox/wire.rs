//! Answers that an HTTP library would rather not write, put on the socket by hand.

use std::io;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::answer::{Reply, http_date_in, reason_phrase};
use super::fault::{Ending, Wire};
use super::gzip::Gzip;

const FILLER_PIECE: usize = 64 << 10;

/// What is to be done to a connection instead of an ordinary answer.
#[derive(Debug)]
pub(super) enum Act {
    /// It ends.
    End(Ending),
    /// It carries this answer, this way.
    Send(Box<Reply>, Wire),
}

/// Whether an ordinary answer will do.
pub(super) fn is_ordinary(reply: &Reply, wire: &Wire) -> bool {
    let ordinary_ending = matches!(wire.ending, Ending::Open | Ending::Announced);
    reply.filler == 0 && ordinary_ending && *wire == Wire { ending: wire.ending, ..Wire::default() }
}

/// Does it, and gives the connection back if another request may follow on it.
///
/// # Errors
/// When the client has gone in the meantime.
pub(super) async fn perform(mut stream: TcpStream, act: Act) -> io::Result<Option<TcpStream>> {
    let ending = match act {
        Act::End(ending) => ending,
        Act::Send(reply, wire) => {
            send(&mut stream, &reply, &wire).await?;
            if wire.truncated || wire.garbage { Ending::Closed } else { wire.ending }
        }
    };
    match ending {
        Ending::Open => return Ok(Some(stream)),
        Ending::Announced | Ending::Closed => stream.shutdown().await?,
        // Closing with a linger time of zero sends RST and drops what the client has not read yet.
        Ending::Reset => stream.set_zero_linger()?,
    }
    Ok(None)
}

async fn send(stream: &mut TcpStream, reply: &Reply, wire: &Wire) -> io::Result<()> {
    let mut pen = Pen { stream, slow: wire.slow };
    if wire.garbage {
        return pen.write(b"\x16\x03\x01\x00\x05\x00\xff this is not HTTP\r\n\r\n").await;
    }
    if wire.early_hints {
        pen.write(b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n").await?;
    }
    let mut body = Body::new(reply, wire.gzip);
    // A 204 or 304 has no body, and says nothing about its length (RFC 9110, 8.6).
    let bodiless = matches!(reply.status, 204 | 304);
    let length = body.length().filter(|_| !wire.chunked);
    let mut head = format!("HTTP/1.1 {} {}\r\n", reply.status, reason_phrase(reply.status).unwrap_or("Unknown"));
    let mut line = |name: &str, value: &str| head.extend([name, ": ", value, "\r\n"]);
    if !reply.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("date")) {
        line("Date", &http_date_in(Duration::ZERO));
    }
    reply.headers.iter().for_each(|(name, value)| line(name, value));
    if wire.gzip {
        line("Content-Encoding", "gzip");
    }
    match length {
        _ if bodiless => {}
        Some(length) => line("Content-Length", &length.to_string()),
        None => line("Transfer-Encoding", "chunked"),
    }
    if wire.ending == Ending::Announced {
        line("Connection", "close");
    }
    head.push_str("\r\n");
    pen.write(head.as_bytes()).await?;
    if bodiless {
        return Ok(());
    }

    let half = length.unwrap_or_else(|| body.raw_length()) / 2;
    let mut room = if wire.truncated { half } else { u64::MAX };
    while let Some(mut piece) = body.next() {
        piece.truncate(usize::try_from(room).unwrap_or(usize::MAX));
        room -= piece.len() as u64;
        if length.is_none() && !piece.is_empty() {
            piece = [format!("{:x}\r\n", piece.len()).as_bytes(), &piece, b"\r\n"].concat();
        }
        pen.write(&piece).await?;
        if room == 0 {
            return Ok(());
        }
    }
    match length {
        None if !wire.truncated => pen.write(b"0\r\n\r\n").await,
        _ => Ok(()),
    }
}

/// Writes fast or slowly.
struct Pen<'a> {
    stream: &'a mut TcpStream,
    slow: Option<Duration>,
}

impl Pen<'_> {
    async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let Some(pause) = self.slow else { return self.stream.write_all(bytes).await };
        for byte in bytes {
            tokio::time::sleep(pause).await;
            self.stream.write_all(&[*byte]).await?;
        }
        Ok(())
    }
}

/// A body in pieces, so that a huge one is never in memory.
struct Body<'a> {
    reply: &'a Reply,
    gzip: Option<Gzip>,
    /// The whole body, where it is already compressed.
    ready: Option<Vec<u8>>,
    filler_left: u64,
    part: Part,
}

#[derive(Clone, Copy)]
enum Part {
    Head,
    Filler,
    Tail,
    End,
    Done,
}

impl<'a> Body<'a> {
    fn new(reply: &'a Reply, gzip: bool) -> Body<'a> {
        let mut body =
            Body { reply, gzip: gzip.then(Gzip::new), ready: None, filler_left: reply.filler, part: Part::Head };
        if gzip && reply.filler == 0 {
            let mut all = Vec::new();
            while let Some(piece) = body.next() {
                all.extend(piece);
            }
            body.part = Part::Head;
            body.ready = Some(all);
        }
        body
    }

    /// How long it is, where that can be told beforehand.
    fn length(&self) -> Option<u64> {
        match (&self.ready, &self.gzip) {
            (Some(ready), _) => Some(ready.len() as u64),
            (None, Some(_)) => None,
            (None, None) => Some(self.raw_length()),
        }
    }

    fn raw_length(&self) -> u64 {
        self.reply.filler.saturating_add((self.reply.head.len() + self.reply.tail.len()) as u64)
    }

    fn next(&mut self) -> Option<Vec<u8>> {
        if let (Some(ready), Part::Head) = (&self.ready, self.part) {
            self.part = Part::Done;
            return Some(ready.clone());
        }
        let piece = match self.part {
            Part::Head => {
                self.part = Part::Filler;
                self.reply.head.clone()
            }
            Part::Filler => {
                let size = self.filler_left.min(FILLER_PIECE as u64);
                self.filler_left -= size;
                if self.filler_left == 0 {
                    self.part = Part::Tail;
                }
                vec![b'x'; size as usize] // at most FILLER_PIECE
            }
            Part::Tail => {
                self.part = Part::End;
                self.reply.tail.clone()
            }
            Part::End => {
                self.part = Part::Done;
                return self.gzip.take().map(Gzip::finish);
            }
            Part::Done => return None,
        };
        Some(match &mut self.gzip {
            Some(gzip) => gzip.push(&piece),
            None => piece,
        })
    }
}
