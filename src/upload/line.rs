//! One HTTP/1.1 connection, on which one request at a time goes out.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::SendRequest;
use hyper::{Request, Response};
use tokio::task::AbortHandle;

/// How long a line takes at most to be free again once its answer has been read. One that takes longer still sends what
/// the server did not care to read.
const FREE_WITHIN: Duration = Duration::from_millis(50);

/// An open connection. It closes with this value.
#[derive(Debug)]
pub struct Line {
    requests: SendRequest<Full<Bytes>>,
    driver: AbortHandle,
}

/// Why a request brought no answer.
#[derive(Debug)]
pub enum Silence {
    /// Not a byte of it went out, and here it is again.
    Unsent(Box<Request<Full<Bytes>>>, hyper::Error),
    /// It may have gone out.
    Lost(hyper::Error),
}

/// How an answer's body came in.
#[derive(Debug)]
pub enum Body {
    /// To its end.
    Whole(BytesMut),
    /// There is more than the limit.
    TooLong,
    /// It did not end in time.
    Late,
    /// As far as it came.
    Broken(BytesMut, hyper::Error),
}

impl Line {
    /// The connection is driven by a task of its own, so that its end is noticed while nobody asks.
    pub fn new(
        requests: SendRequest<Full<Bytes>>,
        connection: impl Future<Output = hyper::Result<()>> + Send + 'static,
    ) -> Line {
        // How it ends, the request hears that is on its way; if there is none, nobody minds.
        let driver = tokio::spawn(async { drop(connection.await) }).abort_handle();
        Line { requests, driver }
    }

    /// Whether another request may go out, as far as this side knows.
    pub async fn is_free(&mut self) -> bool {
        let free = tokio::time::timeout(FREE_WITHIN, self.requests.ready()).await;
        matches!(free, Ok(Ok(())))
    }

    /// Sends a request, and waits for the head of its answer.
    pub async fn ask(&mut self, request: Request<Full<Bytes>>) -> Result<Response<Incoming>, Silence> {
        self.requests.try_send_request(request).await.map_err(|mut failure| match failure.take_message() {
            Some(request) => Silence::Unsent(Box::new(request), failure.into_error()),
            None => Silence::Lost(failure.into_error()),
        })
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

/// Reads a body of at most so many bytes.
pub async fn read(body: &mut Incoming, bytes_max: usize) -> Body {
    let mut whole = BytesMut::new();
    loop {
        let data = match body.frame().await {
            None => return Body::Whole(whole),
            Some(Err(error)) => return Body::Broken(whole, error),
            Some(Ok(frame)) => match frame.into_data() {
                Ok(data) => data,
                // Trailers tell nothing.
                Err(_) => continue,
            },
        };
        if whole.len() + data.len() > bytes_max {
            return Body::TooLong;
        }
        whole.extend_from_slice(&data);
    }
}
