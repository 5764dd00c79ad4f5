//! A server in a process of its own that says yes to everything and does nothing: what is measured beside it is the
//! client alone.

use std::error::Error;
use std::io::{self, BufRead, BufReader, Read, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::Outcome;

/// The word by which a bench tells itself to be the server.
const WORD: &str = "answer";

/// In a request, stands before what the answer repeats.
const ATTRIBUTES: &[u8] = br#""attributes":{"#;

/// The server's process; ends with this value, or with the bench.
pub struct Canned {
    child: Child,
    port: u16,
}

impl Canned {
    /// Starts this very program as a server that takes so long for every answer.
    pub fn start(takes: Duration) -> Outcome<Canned> {
        let mut child = Command::new(std::env::current_exe()?)
            .args([WORD, &takes.as_millis().to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let stdout = child.stdout.take().ok_or("the server has no standard output")?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        Ok(Canned { port: line.trim().parse()?, child })
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

impl Drop for Canned {
    fn drop(&mut self) {
        // It may be gone already, and then there is nothing to end.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Is the server, and never returns, when this process was started as one.
pub fn answer_if_asked() -> Outcome {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [word, takes] = words.as_slice() else { return Ok(()) };
    if word != WORD {
        return Ok(());
    }
    let takes = Duration::from_millis(takes.parse()?);
    // The bench holds the other end of standard input: when it is gone, so are we.
    std::thread::spawn(|| {
        let ended = io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(i32::from(ended.is_err()));
    });
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(serve(takes))
}

async fn serve(takes: Duration) -> Outcome {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    println!("{}", listener.local_addr()?.port());
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        // A client that hangs up in the middle is no news.
        tokio::spawn(async move { drop(answer(stream, takes).await) });
    }
}

async fn answer(mut stream: TcpStream, takes: Duration) -> Result<(), Box<dyn Error + Send + Sync>> {
    let mut request = Vec::with_capacity(16 * 1024);
    let mut reply = Vec::with_capacity(16 * 1024);
    loop {
        let length = loop {
            if let Some(length) = whole_request(&request)? {
                break length;
            }
            if stream.read_buf(&mut request).await? == 0 {
                return Ok(());
            }
        };
        reply.clear();
        echo(&request[..length], &mut reply)?;
        request.drain(..length);
        if !takes.is_zero() {
            tokio::time::sleep(takes).await;
        }
        stream.write_all(&reply).await?;
    }
}

/// The card that was sent, with a number of its own, as servers do.
fn echo(request: &[u8], reply: &mut Vec<u8>) -> Result<(), Box<dyn Error + Send + Sync>> {
    static CARDS: AtomicU64 = AtomicU64::new(0);
    let id = CARDS.fetch_add(1, Ordering::Relaxed) + 1;
    let at = memchr::memmem::find(request, ATTRIBUTES).ok_or("a request without attributes")?;
    let rest = &request[at + ATTRIBUTES.len()..];
    let start = format!(r#"{{"data":{{"type":"c3_contact_cards","id":"{id}","attributes":{{"c3_id":"{id}","#);
    let length = start.len() + rest.len();
    write!(
        reply,
        "HTTP/1.1 201 Created\r\ncontent-type: application/vnd.api+json\r\ncontent-length: {length}\r\n\r\n{start}"
    )?;
    reply.extend_from_slice(rest);
    Ok(())
}

/// How many bytes the first request has, once it is all there.
fn whole_request(bytes: &[u8]) -> Result<Option<usize>, Box<dyn Error + Send + Sync>> {
    let Some(head) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
    let length = std::str::from_utf8(&bytes[..head])?
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .map_or(Ok(0), |(_, length)| length.trim().parse::<usize>())?;
    let whole = head + 4 + length;
    Ok((bytes.len() >= whole).then_some(whole))
}
