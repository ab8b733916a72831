//! A receiver that behaves as the test says, well or badly. Speaks as much HTTP as that needs.

use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;

/// What the receiver does once it has read a request.
#[derive(Clone)]
pub(super) enum Behaviour {
    /// Sends these bytes and waits for the next request.
    Answer(Vec<u8>),
    /// Sends these bytes and closes the connection.
    AnswerAndClose(Vec<u8>),
    /// Sends these bytes, then nothing, and keeps the connection.
    Hang(Vec<u8>),
    /// Sends the first bytes, then one byte after the other without end.
    Drip(Vec<u8>),
    /// Sends a head and as much of this many bytes of body as the other side takes.
    Flood(usize),
}

/// A request as it arrived.
pub(super) struct Received {
    pub(super) head: String,
    pub(super) body: Vec<u8>,
    /// Which connection it came over, counted from 1.
    pub(super) connection: usize,
}

impl Received {
    /// The value of a header; all of them, joined, if it was repeated.
    pub(super) fn header(&self, name: &str) -> Option<String> {
        let lines = self
            .head
            .lines()
            .skip(1)
            .filter_map(|line| line.split_once(':'));
        let values: Vec<_> = lines
            .filter(|(n, _)| n.eq_ignore_ascii_case(name))
            .map(|(_, v)| v.trim())
            .collect();
        if values.is_empty() {
            None
        } else {
            Some(values.join(", "))
        }
    }

    pub(super) fn request_line(&self) -> &str {
        self.head.lines().next().unwrap_or_default()
    }
}

/// A running receiver.
pub(super) struct Receiver {
    pub(super) address: SocketAddr,
    requests: mpsc::UnboundedReceiver<Received>,
    flooded: mpsc::UnboundedReceiver<usize>,
}

impl Receiver {
    pub(super) async fn start(behaviour: Behaviour) -> Self {
        Self::start_at("127.0.0.1:0", behaviour, None).await
    }

    /// Listens at an address of choice, with TLS if an acceptor is given.
    pub(super) async fn start_at(
        address: &str,
        behaviour: Behaviour,
        tls: Option<TlsAcceptor>,
    ) -> Self {
        let listener = TcpListener::bind(address).await.expect("a free port");
        let address = listener.local_addr().expect("the address listened at");
        let (sink, requests) = mpsc::unbounded_channel();
        let (flood_sink, flooded) = mpsc::unbounded_channel();
        let connections = async move {
            for connection in 1.. {
                let Ok((stream, _)) = listener.accept().await else {
                    return;
                };
                let (behaviour, tls) = (behaviour.clone(), tls.clone());
                let (sink, flood_sink) = (sink.clone(), flood_sink.clone());
                tokio::spawn(async move {
                    match tls {
                        None => serve(stream, connection, behaviour, sink, flood_sink).await,
                        Some(acceptor) => {
                            if let Ok(stream) = acceptor.accept(stream).await {
                                serve(stream, connection, behaviour, sink, flood_sink).await;
                            }
                        }
                    }
                });
            }
        };
        tokio::spawn(connections);
        Self {
            address,
            requests,
            flooded,
        }
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    /// The next request; waits for it.
    pub(super) async fn request(&mut self) -> Received {
        self.requests.recv().await.expect("a request")
    }

    /// Whether no further request has come.
    pub(super) fn is_quiet(&mut self) -> bool {
        self.requests.try_recv().is_err()
    }

    /// How many bytes of a flood the other side took before it closed.
    pub(super) async fn taken(&mut self) -> usize {
        self.flooded.recv().await.expect("the end of a flood")
    }
}

async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: S,
    connection: usize,
    behaviour: Behaviour,
    sink: mpsc::UnboundedSender<Received>,
    flood_sink: mpsc::UnboundedSender<usize>,
) {
    while let Some(received) = read_request(&mut stream, connection).await {
        let _ = sink.send(received);
        match &behaviour {
            Behaviour::Answer(bytes) => {
                let _ = stream.write_all(bytes).await;
                let _ = stream.flush().await;
            }
            Behaviour::AnswerAndClose(bytes) => {
                let _ = stream.write_all(bytes).await;
                let _ = stream.shutdown().await;
                return;
            }
            Behaviour::Hang(bytes) => {
                let _ = stream.write_all(bytes).await;
                std::future::pending::<()>().await;
            }
            Behaviour::Drip(bytes) => return drip(&mut stream, bytes).await,
            Behaviour::Flood(length) => {
                let _ = flood_sink.send(flood(&mut stream, *length).await);
                return;
            }
        }
    }
}

async fn drip<S: AsyncWrite + Unpin>(stream: &mut S, first: &[u8]) {
    let mut tick = tokio::time::interval(Duration::from_millis(5));
    let mut alive = stream.write_all(first).await.is_ok();
    while alive {
        tick.tick().await;
        alive = stream.write_all(b"x").await.is_ok();
    }
}

async fn flood<S: AsyncWrite + Unpin>(stream: &mut S, length: usize) -> usize {
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n");
    let chunk = [b'x'; 64 * 1024];
    let mut taken = 0;
    let mut alive = stream.write_all(head.as_bytes()).await.is_ok();
    while alive && taken < length {
        alive = stream
            .write_all(&chunk[..chunk.len().min(length - taken)])
            .await
            .is_ok();
        if alive {
            taken += chunk.len();
        }
    }
    taken
}

/// Reads a head and as much body as it announces; `None` when the connection closes.
async fn read_request<S: AsyncRead + Unpin>(stream: &mut S, connection: usize) -> Option<Received> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let mut body = bytes.split_off(end);
    let head = String::from_utf8(bytes).expect("a head in UTF-8");
    let mut received = Received {
        head,
        body: Vec::new(),
        connection,
    };
    let length = received
        .header("content-length")
        .map_or(0, |text| text.parse().expect("a length"));
    while body.len() < length {
        if stream.read_buf(&mut body).await.ok()? == 0 {
            return None;
        }
    }
    received.body = body;
    Some(received)
}
