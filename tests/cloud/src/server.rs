//! The thread, its runtime, the listener, and the carrying out of faults.
//!
//! Owns sockets and nothing else does. What a request means is decided by `dispatch` and below.

use std::{
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, ready},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, Response};
use http_body_util::{BodyExt, Either, Full};
use hyper::{
    body::{Body, Frame, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, sync::oneshot, time::Sleep};

use crate::{
    auth,
    core::Core,
    dispatch,
    fault::{Action, Fault, Twist},
    received::Received,
    reply::{REQUEST_ID, Refusal, Reply},
};

/// How long half a body stays on the wire before the connection is reset.
const HALF_BODY_PAUSE: Duration = Duration::from_millis(20);

/// A running server; dropping it stops the thread and closes every connection.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Listens at once and serves from a thread of its own.
    pub(crate) fn start(core: Arc<Core>, port: u16) -> Self {
        let listener = listen(port);
        listener.set_nonblocking(true).expect("a non-blocking listener");
        let address = listener.local_addr().expect("an address");
        let (stop, stopped) = oneshot::channel();
        let thread =
            std::thread::Builder::new().name("fake-cloud".into()).spawn(move || run(listener, core, stopped));
        Self { address, stop: Some(stop), thread: Some(thread.expect("a thread")) }
    }
}

/// On 127.0.0.1, or on `[::1]` where there is no IPv4.
fn listen(port: u16) -> TcpListener {
    match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
        Err(error) if error.kind() == io::ErrorKind::AddrNotAvailable => {
            TcpListener::bind((Ipv6Addr::LOCALHOST, port))
        }
        bound => bound,
    }
    .expect("a port to listen on")
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) && !std::thread::panicking() {
            panic!("the cloud's server panicked");
        }
    }
}

fn run(listener: TcpListener, core: Arc<Core>, stopped: oneshot::Receiver<()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
        tokio::select! {
            () = accept(&listener, &core) => {}
            _ = stopped => {}
        }
    });
}

async fn accept(listener: &tokio::net::TcpListener, core: &Arc<Core>) {
    loop {
        if let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(converse(stream, Arc::clone(core)));
        }
    }
}

/// Serves one connection to its end, and resets it if a fault asked for that.
async fn converse(stream: TcpStream, core: Arc<Core>) {
    drop(stream.set_nodelay(true));
    let reset = Arc::new(AtomicBool::new(false));
    let service = service_fn(|request| Box::pin(answer(Arc::clone(&core), request, Arc::clone(&reset))));
    let mut connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    let ended = std::future::poll_fn(|cx| connection.poll_without_shutdown(cx)).await;
    let stream = connection.into_parts().io.into_inner();
    if ended.is_err() && reset.load(Ordering::SeqCst) {
        drop(stream.set_zero_linger());
    }
}

type ReplyBody = Either<Full<Bytes>, HalfBody>;

/// The whole way of one request; an error ends the connection without a reply.
async fn answer(
    core: Arc<Core>,
    request: Request<Incoming>,
    reset: Arc<AtomicBool>,
) -> io::Result<Response<ReplyBody>> {
    let at = Instant::now();
    let (parts, body) = request.into_parts();
    let raw = body.collect().await.map_err(io::Error::other)?.to_bytes();
    let mut request = Received::new(&parts, &raw, at);
    let decoded = if core.settings.count_only { Ok(()) } else { request.decompress() };
    let number = core.begin(request.clone());
    let arrival = Arrival { core: &core, request, raw, decoded };
    let (mut reply, half) = arrival.treat(&reset).await?;
    if half && reply.body.is_empty() {
        // Something has to be there that can break off.
        reply.body = Bytes::from_static(b"  ");
    }
    core.finish(number, reply.status);
    Ok(response(reply, half, reset))
}

/// A request with all that is needed to treat it.
struct Arrival<'a> {
    core: &'a Core,
    request: Received,
    raw: Bytes,
    decoded: Result<(), String>,
}

impl Arrival<'_> {
    /// Refuses what is not signed well, then does what the script says.
    async fn treat(&self, reset: &AtomicBool) -> io::Result<(Reply, bool)> {
        if let Err(refusal) = self.admit() {
            return Ok((self.refuse(&refusal), false));
        }
        let fault = self.core.script.lock().next(&self.request);
        tokio::time::sleep(fault.delay).await;
        let half = matches!(fault.action, Action::ResetMidBody);
        let mut reply = self.act(&fault, reset).await?;
        reply.headers.extend(fault.headers);
        Ok((reply, half))
    }

    fn admit(&self) -> Result<(), Refusal> {
        if self.core.settings.count_only {
            return Ok(());
        }
        auth::check(self.core, &self.request, &self.raw)?;
        self.decoded.clone().map_err(|error| Refusal::broken("SerializationException", error))
    }

    fn refuse(&self, refusal: &Refusal) -> Reply {
        dispatch::refuse(self.core, &self.request, refusal)
    }

    async fn act(&self, fault: &Fault, reset: &AtomicBool) -> io::Result<Reply> {
        match &fault.action {
            Action::Serve(twist) => Ok(self.serve(twist).await),
            Action::ResetMidBody => Ok(self.serve(&Twist::None).await),
            Action::Reply { status, body } => Ok(scripted(*status, body)),
            Action::Aws { status, code, message } => {
                Ok(dispatch::render(&self.request, &Refusal::state(code, message).status(*status)))
            }
            Action::Hang { serve } => {
                if *serve {
                    self.serve(&Twist::None).await;
                }
                std::future::pending().await
            }
            Action::Cut => {
                self.serve(&Twist::None).await;
                Err(io::Error::other("scripted cut"))
            }
            Action::Reset => {
                reset.store(true, Ordering::SeqCst);
                Err(io::Error::other("scripted reset"))
            }
        }
    }

    async fn serve(&self, twist: &Twist) -> Reply {
        dispatch::serve(self.core, &self.request, twist).await
    }
}

fn scripted(status: u16, body: &str) -> Reply {
    let content_type = match body.as_bytes().first() {
        None => return Reply::empty(status),
        Some(b'<') => "application/xml",
        Some(b'{' | b'[') => "application/json",
        Some(_) => "text/plain",
    };
    Reply::new(status, content_type, body.to_owned())
}

fn response(reply: Reply, half: bool, reset: Arc<AtomicBool>) -> Response<ReplyBody> {
    let mut response = Response::new(());
    *response.status_mut() = reply.status.try_into().expect("a status between 100 and 999");
    let length = (reply.status != 204).then(|| ("content-length".to_owned(), reply.body.len().to_string()));
    let id = Some(("x-amzn-requestid".to_owned(), REQUEST_ID.to_owned()));
    for (name, value) in reply.headers.into_iter().chain(length).chain(id) {
        let name = HeaderName::try_from(name).expect("a header name");
        response.headers_mut().append(name, HeaderValue::try_from(value).expect("a header value"));
    }
    response.map(|()| match half {
        true => Either::Right(HalfBody::new(&reply.body, reset)),
        false => Either::Left(Full::new(reply.body)),
    })
}

/// A body that breaks off in the middle.
struct HalfBody {
    half: Option<Bytes>,
    pause: Pin<Box<Sleep>>,
    reset: Arc<AtomicBool>,
}

impl HalfBody {
    fn new(body: &Bytes, reset: Arc<AtomicBool>) -> Self {
        let half = body.slice(..body.len() / 2);
        Self { half: Some(half), pause: Box::pin(tokio::time::sleep(HALF_BODY_PAUSE)), reset }
    }
}

impl Body for HalfBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if let Some(half) = self.half.take() {
            return Poll::Ready(Some(Ok(Frame::data(half))));
        }
        ready!(self.pause.as_mut().poll(cx));
        self.reset.store(true, Ordering::SeqCst);
        Poll::Ready(Some(Err(io::Error::other("scripted reset"))))
    }
}

#[cfg(test)]
mod tests;
