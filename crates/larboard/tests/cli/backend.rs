//! Backends and proxies at the other end of outgoing calls: real sockets that read one request at a time.

use crate::PATIENCE;
use std::net::SocketAddr;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;

/// A request as it came: its head, and its body.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Received {
    pub(crate) fn line(&self) -> &str {
        self.head.lines().next().unwrap_or_default()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head
            .lines()
            .filter_map(|line| line.split_once(": "))
            .find_map(|(known, value)| known.eq_ignore_ascii_case(name).then_some(value))
    }
}

/// Something that listens and remembers what it was asked.
pub(crate) struct Listening {
    pub(crate) address: SocketAddr,
    requests: mpsc::UnboundedReceiver<Received>,
}

impl Listening {
    /// The next request that came.
    pub(crate) async fn next(&mut self) -> Received {
        let next = tokio::time::timeout(PATIENCE, self.requests.recv());
        next.await.expect("a request in time").expect("a request")
    }

    /// Whether nothing has come that was not looked at.
    pub(crate) fn is_quiet(&mut self) -> bool {
        self.requests.try_recv().is_err()
    }
}

/// A backend that answers 200 to everything, over TLS if it has an identity.
pub(crate) async fn backend(identity: Option<TlsAcceptor>) -> Listening {
    listen(move |stream, seen| {
        let identity = identity.clone();
        async move {
            match identity {
                None => answer(stream, &seen).await,
                Some(identity) => match identity.accept(stream).await {
                    Ok(stream) => answer(stream, &seen).await,
                    Err(_) => None,
                },
            }
        }
    })
    .await
}

/// An HTTP proxy: it forwards what it is asked for by its whole address, and makes tunnels for CONNECT.
pub(crate) async fn proxy() -> Listening {
    listen(async |mut client, seen| {
        let request = read(&mut client).await?;
        let target = request.line().split(' ').nth(1)?.to_owned();
        let tunnel = request.line().starts_with("CONNECT ");
        let host = target
            .trim_start_matches("http://")
            .split('/')
            .next()?
            .to_owned();
        let whole = format!("{}\r\n\r\n{}", request.head, request.body);
        seen.send(request).ok()?;
        let mut server = TcpStream::connect(&host).await.ok()?;
        if tunnel {
            client
                .write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")
                .await
                .ok()?;
        } else {
            let path = whole.replacen(&format!("http://{host}"), "", 1);
            server.write_all(path.as_bytes()).await.ok()?;
        }
        copy_bidirectional(&mut client, &mut server)
            .await
            .ok()
            .map(drop)
    })
    .await
}

async fn listen<F>(
    serve: impl Fn(TcpStream, mpsc::UnboundedSender<Received>) -> F + Send + 'static,
) -> Listening
where
    F: Future<Output = Option<()>> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let (sender, requests) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, sender.clone()));
        }
    });
    Listening { address, requests }
}

async fn answer(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    seen: &mpsc::UnboundedSender<Received>,
) -> Option<()> {
    let request = read(&mut stream).await?;
    seen.send(request).ok()?;
    stream
        .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}")
        .await
        .ok()?;
    stream.shutdown().await.ok()
}

/// One request with a `content-length`.
async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Option<Received> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let request = Received {
                head: head.to_owned(),
                body: body.to_owned(),
            };
            let length = request
                .header("content-length")
                .map_or(Ok(0), str::parse)
                .ok()?;
            if request.body.len() >= length {
                return Some(request);
            }
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}
