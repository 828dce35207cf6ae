//! The socket: one place that reads, writes, waits no longer than it may, and falls silent after a failure.

use std::{future::Future, io, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    time::{Instant, timeout_at},
};

use crate::{
    Error, Limits, Phase, ResponseCode, Secret, ServerLine, Timeouts,
    protocol::{LineEnds, Unstuffer},
    response::{self, Status},
};

/// Bytes read at once.
const CHUNK: usize = 16 * 1024;

/// A connection, encrypted or not.
pub(crate) trait Transport: AsyncRead + AsyncWrite + Unpin + Send + Sync {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send + Sync> Transport for T {}

/// A moment after which no more waiting is done, and what is said then.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadline {
    at: Instant,
    phase: Phase,
}

impl Deadline {
    pub(crate) fn after(time: Duration, phase: Phase) -> Self {
        // A time too long to be added is as good as a century.
        let now = Instant::now();
        Self {
            at: now.checked_add(time).unwrap_or(now + Duration::from_secs(100 * 365 * 24 * 3600)),
            phase,
        }
    }

    pub(crate) fn sooner(self, other: Self) -> Self {
        if other.at < self.at { other } else { self }
    }

    pub(crate) fn left(self) -> Duration {
        self.at.saturating_duration_since(Instant::now())
    }

    pub(crate) async fn wait<T>(self, work: impl Future<Output = T>) -> Result<T, Error> {
        timeout_at(self.at, work).await.map_err(|_| Error::TimedOut { phase: self.phase })
    }
}

/// A line, and how it ended.
struct Line {
    bytes: Vec<u8>,
    ends: LineEnds,
}

pub(crate) struct Wire {
    stream: Box<dyn Transport>,
    buffer: Box<[u8]>,
    /// What has been received and not used is `buffer[start..end]`.
    start: usize,
    end: usize,
    timeouts: Timeouts,
    limits: Limits,
    session: Deadline,
    /// Set while greeting and sign-in last.
    sign_in: Option<Deadline>,
    /// Every exchange takes this away at its beginning and gives it back at its good end. So an error, a panic of the sink and a
    /// future dropped half-way all leave the same: a connection on which nobody knows what comes next, which is not used again.
    usable: bool,
    secrets: Vec<Secret>,
}

impl Wire {
    pub(crate) fn new(stream: Box<dyn Transport>, timeouts: Timeouts, limits: Limits, session: Deadline) -> Self {
        let buffer = vec![0; CHUNK].into_boxed_slice();
        Self {
            stream,
            buffer,
            start: 0,
            end: 0,
            timeouts,
            limits,
            session,
            sign_in: None,
            usable: true,
            secrets: Vec::new(),
        }
    }

    /// The bare connection, for a TLS handshake. Bytes that came before it are an attack (injected before encryption began,
    /// to be taken for encrypted answers) or a fault.
    pub(crate) fn into_stream(self) -> Result<Box<dyn Transport>, Error> {
        if self.start < self.end {
            return Err(self.protocol("data before the TLS handshake", self.received()));
        }
        Ok(self.stream)
    }

    pub(crate) fn limits(&self) -> Limits {
        self.limits
    }

    pub(crate) fn is_usable(&self) -> bool {
        self.usable
    }

    /// From here to `signed_in` all waits together have the time for sign-in.
    pub(crate) fn begin_sign_in(&mut self) {
        self.sign_in = Some(Deadline::after(self.timeouts.sign_in, Phase::SignIn));
    }

    pub(crate) fn signed_in(&mut self) {
        self.sign_in = None;
    }

    /// Has `secret` struck out of every line of the server's that is shown.
    pub(crate) fn hide(&mut self, secret: Secret) {
        self.secrets.push(secret);
    }

    /// Begins an exchange: [`Error::Broken`] if an earlier one did not come to its end.
    pub(crate) fn begin(&mut self) -> Result<(), Error> {
        if std::mem::take(&mut self.usable) {
            Ok(())
        } else {
            Err(Error::Broken)
        }
    }

    /// Ends an exchange: everything sent has been answered, or is known to be outstanding.
    pub(crate) fn finish(&mut self) {
        self.usable = true;
    }

    fn deadline(&self) -> Deadline {
        let line = self.session.sooner(Deadline::after(self.timeouts.line, Phase::Line));
        self.sign_in.map_or(line, |sign_in| line.sooner(sign_in))
    }

    /// Sends one line; CRLF is added here.
    pub(crate) async fn send(&mut self, line: &str) -> Result<(), Error> {
        let bytes = [line.as_bytes(), b"\r\n"].concat();
        let deadline = self.deadline();
        let stream = &mut self.stream;
        let work = async {
            stream.write_all(&bytes).await?;
            stream.flush().await
        };
        deadline.wait(work).await?.map_err(Error::from_io)
    }

    fn received(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    /// Waits for more bytes, once all that came have been used.
    async fn fill(&mut self, deadline: Deadline) -> Result<(), Error> {
        if self.start < self.end {
            return Ok(());
        }
        (self.start, self.end) = (0, 0);
        let read = deadline.wait(self.stream.read(&mut self.buffer)).await?;
        self.end = match read {
            Ok(0) => return Err(Error::Closed(None)),
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Err(Error::Closed(None)),
            Err(error) => return Err(Error::from_io(error)),
        };
        Ok(())
    }

    async fn read_line(&mut self) -> Result<Line, Error> {
        let deadline = self.deadline();
        let mut bytes = Vec::new();
        loop {
            self.fill(deadline).await?;
            let received = self.received();
            let found = received.iter().position(|&byte| byte == b'\n');
            let taken = found.unwrap_or(received.len());
            if bytes.len() + taken > self.limits.line {
                return Err(self.protocol("line too long", b""));
            }
            bytes.extend_from_slice(received.get(..taken).unwrap_or_default());
            self.start += taken + usize::from(found.is_some());
            if found.is_some() {
                let ends = if bytes.pop_if(|last| *last == b'\r').is_some() {
                    LineEnds::Crlf
                } else {
                    LineEnds::Lf
                };
                return Ok(Line { bytes, ends });
            }
        }
    }

    /// Reads a status line: its text, and how its lines end, if it is `+OK`, else the error that it means. After an error of the
    /// server's own the exchange is over, and the wire can go on.
    pub(crate) async fn read_status(&mut self, command: &'static str) -> Result<(Vec<u8>, LineEnds), Error> {
        let line = self.read_line().await?;
        self.judge(command, &line.bytes).map(|text| (text, line.ends))
    }

    fn judge(&mut self, command: &'static str, line: &[u8]) -> Result<Vec<u8>, Error> {
        let Some(Status { ok, code, text }) = response::status(line) else {
            return Err(self.protocol("neither +OK nor -ERR", line));
        };
        if ok {
            return Ok(text.to_vec());
        }
        self.finish();
        let reply = ServerLine::new(text, &self.secrets);
        Err(match code {
            Some(ResponseCode::Auth) => Error::AuthFailed { reply },
            Some(ResponseCode::InUse) => Error::InUse { reply },
            Some(ResponseCode::LoginDelay) => Error::LoginDelay { reply },
            Some(ResponseCode::SysTemp) => Error::Temporary { reply },
            Some(ResponseCode::SysPerm) => Error::Permanent { reply },
            None => Error::Rejected { command, reply },
        })
    }

    /// Reads the answer to a step of a sign-in: `true` if the server asks for more, `false` for `+OK`.
    pub(crate) async fn read_challenge(&mut self, command: &'static str) -> Result<bool, Error> {
        let line = self.read_line().await?;
        if response::is_challenge(&line.bytes) {
            return Ok(true);
        }
        self.judge(command, &line.bytes).map(|_| false)
    }

    /// Reads a listing line by line up to its end.
    pub(crate) async fn read_listing(&mut self, mut each: impl FnMut(&[u8]) -> Option<()>) -> Result<(), Error> {
        // What an entry takes beside its text.
        const ENTRY: usize = 64;
        let mut room = self.limits.listing;
        loop {
            let line = self.read_line().await?;
            let text = match line.bytes.strip_prefix(b".") {
                Some(b"") => return Ok(()),
                Some(stuffed) => stuffed,
                None => &line.bytes,
            };
            let limit = u64::try_from(self.limits.listing).unwrap_or(u64::MAX);
            room = room.checked_sub(text.len() + ENTRY).ok_or(Error::TooLarge { limit })?;
            if each(text).is_none() {
                return Err(self.protocol("a listing's line", text));
            }
        }
    }

    /// Streams a message into `sink`, of which no more than `limit` bytes arrive there; returns how many did.
    pub(crate) async fn read_message<S>(&mut self, ends: LineEnds, sink: &mut S, limit: u64) -> Result<u64, Error>
    where
        S: AsyncWrite + Unpin + ?Sized,
    {
        let mut unstuffer = Unstuffer::new(ends);
        let mut piece = Vec::with_capacity(CHUNK);
        let mut written = 0u64;
        let mut deadline = self.deadline();
        let (mut lines, mut since) = (0, 0);
        while !unstuffer.is_done() {
            self.fill(deadline).await?;
            piece.clear();
            let used = unstuffer.decode(self.received(), &mut piece);
            self.start += used;
            since += used;
            // A line has its time; one without end has it again for every piece that is as long as a line may be elsewhere.
            if unstuffer.lines() > lines || since >= self.limits.line {
                (lines, since, deadline) = (unstuffer.lines(), 0, self.deadline());
            }
            let room = usize::try_from(limit - written).unwrap_or(usize::MAX);
            let fitting = piece.get(..room).unwrap_or(&piece);
            self.session.wait(sink.write_all(fitting)).await?.map_err(Error::Sink)?;
            if piece.len() > room {
                return Err(Error::TooLarge { limit });
            }
            written += u64::try_from(piece.len()).unwrap_or(u64::MAX);
        }
        self.session.wait(sink.flush()).await?.map_err(Error::Sink)?;
        Ok(written)
    }

    pub(crate) fn protocol(&self, what: &'static str, line: &[u8]) -> Error {
        Error::Protocol {
            what,
            line: ServerLine::new(line, &self.secrets),
        }
    }
}
