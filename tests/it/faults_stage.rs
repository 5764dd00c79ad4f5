//! What the stories of faults share: people to send, a call with short pauses, and a server that says word for word what
//! a story wants to be said, with or without TLS.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::support::{Done, Place, Server};

/// A run that is in order, one request at a time, so that a fault for the third request meets the third row.
pub const ONE: [&str; 2] = ["--concurrency", "1"];

/// The mapping of [`nameless`] rows.
const NAMES_ONLY: &str = "version = 1\n[card]\nname = \"Name\"\n[rows]\nrequire_identity = false\n";

/// People without anything in common: `P01`, `p01@example.com`, `note 01` in row 2, and so on.
pub fn people(count: usize) -> Place {
    let rows: Vec<_> = (1..=count).map(|n| format!("P{n:02},p{n:02}@example.com,,note {n:02}")).collect();
    Place::with_table(&rows.iter().map(String::as_str).collect::<Vec<_>>())
}

/// People of whom nothing but the name is known: a second request is a second card.
pub fn nameless(count: usize) -> Place {
    let place = Place::new();
    let rows: Vec<_> = (1..=count).map(|n| format!("P{n:02}")).collect();
    place.put("people.csv", format!("Name\n{}\n", rows.join("\n"))).put("m.toml", NAMES_ONLY);
    place
}

/// Imports `people.csv` by `m.toml`, as fast as it goes and with short pauses.
pub fn import(place: &Place, server: &Server, more: &[&str]) -> Done {
    send(place, &server.url(), &[&["--rate", "unlimited"], more].concat())
}

/// The same with the rate left to the story.
pub fn send(place: &Place, url: &str, more: &[&str]) -> Done {
    let words = ["import", "people.csv", "-m", "m.toml", "--retry-pause", "4ms", "--uncertain-pause", "20ms"];
    place.c3import(&words).at(url).token(Server::TOKEN).and(more).run()
}

/// A request as it came in.
#[derive(Clone, Debug)]
pub struct Ask {
    /// Counted from 1.
    pub number: usize,
    /// Request line and headers.
    pub head: String,
    pub body: String,
}

/// What comes back.
#[derive(Clone, Debug)]
pub enum Say {
    /// These bytes; the connection stays.
    Answer(Vec<u8>),
    /// These bytes, then the end of the connection, without good-bye.
    Last(Vec<u8>),
    /// These bytes past TLS, then the end of the connection.
    Past(Vec<u8>),
    /// These bytes, and from then on whatever this port of ours and the other side have to say to each other.
    Through(Vec<u8>, u16),
}

impl Say {
    /// A whole HTTP answer.
    pub fn http(status: &str, headers: &str, body: &str) -> Say {
        let text = format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\n\r\n{body}", body.len());
        Say::Answer(text.into_bytes())
    }

    /// 201, and a card with this id.
    pub fn stored(id: usize) -> Say {
        let body = format!(r#"{{"data":{{"type":"c3_contact_cards","id":"{id}","attributes":{{"c3_id":{id}}}}}}}"#);
        Say::http("201 Created", "Content-Type: application/vnd.api+json\r\n", &body)
    }
}

type Script = dyn Fn(&Ask) -> Say + Send + Sync;

/// A server that says what the story wants. It ends with the story.
pub struct Told {
    port: u16,
    asked: Arc<Mutex<Vec<Ask>>>,
    connections: Arc<Mutex<usize>>,
    closing: Arc<AtomicBool>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Told {
    pub fn plain(script: impl Fn(&Ask) -> Say + Send + Sync + 'static) -> Told {
        Told::start(None, Arc::new(script))
    }

    pub fn tls(config: Arc<ServerConfig>, script: impl Fn(&Ask) -> Say + Send + Sync + 'static) -> Told {
        Told::start(Some(config), Arc::new(script))
    }

    fn start(tls: Option<Arc<ServerConfig>>, script: Arc<Script>) -> Told {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        let port = listener.local_addr().expect("it is bound").port();
        let (asked, closing) = (Arc::<Mutex<Vec<Ask>>>::default(), Arc::new(AtomicBool::new(false)));
        let connections = Arc::<Mutex<usize>>::default();
        let (book, counter, ends) = (Arc::clone(&asked), Arc::clone(&connections), Arc::clone(&closing));
        let thread = thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if ends.load(Ordering::SeqCst) {
                    break;
                }
                *counter.lock().unwrap_or_else(PoisonError::into_inner) += 1;
                let (tls, book, script) = (tls.clone(), Arc::clone(&book), Arc::clone(&script));
                // A client that leaves, or does not trust us, is what some stories are about.
                thread::spawn(move || drop(attend(stream, tls, &book, &*script)));
            }
        });
        Told { port, asked, connections, closing, thread: Some(thread) }
    }

    /// On which port of this machine it listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Where it listens, without TLS.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Where it listens, with TLS.
    pub fn secure_url(&self) -> String {
        format!("https://127.0.0.1:{}", self.port)
    }

    /// The requests so far.
    pub fn asked(&self) -> Vec<Ask> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The connections so far.
    pub fn connections(&self) -> usize {
        *self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Told {
    fn drop(&mut self) {
        self.closing.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(("127.0.0.1", self.port)));
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

/// A connection, with or without TLS.
enum Wire {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ServerConnection, TcpStream>>),
}

impl Read for Wire {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Wire::Plain(stream) => stream.read(buffer),
            Wire::Tls(stream) => stream.read(buffer),
        }
    }
}

impl Wire {
    fn say(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Wire::Plain(stream) => stream.write_all(bytes),
            Wire::Tls(stream) => stream.write_all(bytes).and_then(|()| stream.flush()),
        }
    }

    fn say_past(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Wire::Plain(stream) => stream.write_all(bytes),
            Wire::Tls(stream) => stream.sock.write_all(bytes),
        }
    }
}

impl Wire {
    /// Passes on what either side says, until this one has nothing more to say.
    fn join(&mut self, mut other: TcpStream) -> io::Result<()> {
        let Wire::Plain(near) = self else { return Err(io::Error::other("a proxy of ours speaks no TLS")) };
        let (mut back, mut far) = (near.try_clone()?, other.try_clone()?);
        // Either side may leave without a word.
        let answers = thread::spawn(move || drop(io::copy(&mut far, &mut back)));
        let asked = io::copy(near, &mut other);
        other.shutdown(std::net::Shutdown::Both)?;
        drop(answers.join());
        asked.map(drop)
    }
}

/// Answers every request of a connection.
fn attend(
    stream: TcpStream,
    tls: Option<Arc<ServerConfig>>,
    book: &Mutex<Vec<Ask>>,
    script: &Script,
) -> io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(20)))?;
    stream.set_nodelay(true)?;
    let wire = match tls {
        None => Wire::Plain(stream),
        Some(config) => {
            let connection = ServerConnection::new(config).map_err(io::Error::other)?;
            Wire::Tls(Box::new(StreamOwned::new(connection, stream)))
        }
    };
    let mut reader = BufReader::new(wire);
    while let Some((head, body)) = request(&mut reader)? {
        let ask = {
            let mut book = book.lock().unwrap_or_else(PoisonError::into_inner);
            let ask = Ask { number: book.len() + 1, head, body };
            book.push(ask.clone());
            ask
        };
        match script(&ask) {
            Say::Answer(bytes) => reader.get_mut().say(&bytes)?,
            Say::Last(bytes) => return reader.get_mut().say(&bytes),
            Say::Past(bytes) => return reader.get_mut().say_past(&bytes),
            Say::Through(bytes, port) => {
                let wire = reader.get_mut();
                wire.say(&bytes)?;
                return wire.join(TcpStream::connect(("127.0.0.1", port))?);
            }
        }
    }
    Ok(())
}

/// Head and body of the next request; `None` at the end of the connection.
fn request(reader: &mut BufReader<Wire>) -> io::Result<Option<(String, String)>> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head)? == 0 {
            return Ok(None);
        }
    }
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body)?;
    Ok(Some((head, String::from_utf8_lossy(&body).into_owned())))
}
