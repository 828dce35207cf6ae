//! What is done with a mailbox once signed in: RFC 1939's TRANSACTION state.

use std::collections::VecDeque;

use tokio::io::AsyncWrite;

use crate::{
    Capabilities, Error, Listed, Stat, UniqueId,
    connection::read_capabilities,
    protocol::{LineEnds, numbered},
    response,
    wire::Wire,
};

/// A command that has been sent and whose answer has not been read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outstanding {
    Retr,
    Dele,
}

/// A mailbox, open and locked by this session.
///
/// After the first failure that leaves open what the server says next (see [`Error`]), and after a call whose future was dropped
/// half-way, the session is broken: every call gives [`Error::Broken`], and nothing is sent any more. Dropped, it closes
/// without a word, and the server undoes the deletions (RFC 1939, section 6). Only [`quit`](Self::quit) commits them.
pub struct Session {
    wire: Wire,
    capabilities: Option<Capabilities>,
    outstanding: VecDeque<Outstanding>,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session")
            .field("capabilities", &self.capabilities)
            .field("outstanding", &self.outstanding)
            .field("broken", &self.is_broken())
            .finish_non_exhaustive()
    }
}

impl Session {
    pub(crate) fn new(wire: Wire, capabilities: Option<Capabilities>) -> Self {
        Self {
            wire,
            capabilities,
            outstanding: VecDeque::new(),
        }
    }

    /// Whether the session has failed and does nothing any more.
    pub fn is_broken(&self) -> bool {
        !self.wire.is_usable()
    }

    /// What the server announced before sign-in; `None` if it did not.
    pub fn capabilities(&self) -> Option<&Capabilities> {
        self.capabilities.as_ref()
    }

    /// CAPA once more (RFC 2449, section 5): after sign-in some servers announce other things, such as EXPIRE for this user.
    ///
    /// # Errors
    /// The server's, and those of the connection.
    pub async fn capa(&mut self) -> Result<&Capabilities, Error> {
        self.ask("CAPA", "CAPA").await?;
        let capabilities = read_capabilities(&mut self.wire).await?;
        self.wire.finish();
        Ok(self.capabilities.insert(capabilities))
    }

    /// How many messages, and how many bytes (STAT, RFC 1939, section 5).
    ///
    /// # Errors
    /// The server's, and those of the connection.
    pub async fn stat(&mut self) -> Result<Stat, Error> {
        let (text, _) = self.ask("STAT", "STAT").await?;
        let stat = response::stat(&text).ok_or_else(|| self.wire.protocol("STAT's answer", &text))?;
        self.wire.finish();
        Ok(stat)
    }

    /// Numbers and sizes of all messages (LIST, RFC 1939, section 5), in the server's order, held in memory.
    ///
    /// # Errors
    /// The server's, those of the connection, and [`Error::TooLarge`] over [`Limits::listing`](crate::Limits::listing).
    pub async fn list(&mut self) -> Result<Vec<Listed>, Error> {
        let mut all = Vec::new();
        self.list_with(|one| all.push(one)).await?;
        Ok(all)
    }

    /// As [`list`](Self::list), message by message, holding nothing.
    ///
    /// # Errors
    /// As there. What came before an error has been handed over.
    pub async fn list_with(&mut self, mut each: impl FnMut(Listed)) -> Result<(), Error> {
        self.ask("LIST", "LIST").await?;
        self.wire.read_listing(|line| response::listed(line).map(&mut each)).await?;
        self.wire.finish();
        Ok(())
    }

    /// The size of one message (LIST with its number).
    ///
    /// # Errors
    /// The server's, also where there is no such message; those of the connection.
    pub async fn list_one(&mut self, number: u32) -> Result<Listed, Error> {
        let (text, _) = self.ask("LIST", &numbered("LIST", number, None)?).await?;
        let listed = response::listed(&text).filter(|listed| listed.number == number);
        let listed = listed.ok_or_else(|| self.wire.protocol("LIST's answer", &text))?;
        self.wire.finish();
        Ok(listed)
    }

    /// The unique ids of all messages (UIDL, RFC 1939, section 7), in the server's order, held in memory. Nothing is promised of
    /// them but what the server sent: the same id may stand there twice.
    ///
    /// # Errors
    /// The server's ([`Error::Rejected`] from one that has no UIDL), those of the connection, and [`Error::TooLarge`] over
    /// [`Limits::listing`](crate::Limits::listing).
    pub async fn uidl(&mut self) -> Result<Vec<UniqueId>, Error> {
        let mut all = Vec::new();
        self.uidl_with(|one| all.push(one)).await?;
        Ok(all)
    }

    /// As [`uidl`](Self::uidl), message by message, holding nothing.
    ///
    /// # Errors
    /// As there. What came before an error has been handed over.
    pub async fn uidl_with(&mut self, mut each: impl FnMut(UniqueId)) -> Result<(), Error> {
        self.ask("UIDL", "UIDL").await?;
        self.wire.read_listing(|line| response::unique_id(line).map(&mut each)).await?;
        self.wire.finish();
        Ok(())
    }

    /// The unique id of one message (UIDL with its number).
    ///
    /// # Errors
    /// The server's, also where there is no such message; those of the connection.
    pub async fn uidl_one(&mut self, number: u32) -> Result<UniqueId, Error> {
        let (text, _) = self.ask("UIDL", &numbered("UIDL", number, None)?).await?;
        let unique = response::unique_id(&text).filter(|unique| unique.number == number);
        let unique = unique.ok_or_else(|| self.wire.protocol("UIDL's answer", &text))?;
        self.wire.finish();
        Ok(unique)
    }

    /// A message's header and the first `lines` lines of its body (TOP, RFC 1939, section 7), streamed into `sink` as they are;
    /// returns the bytes.
    ///
    /// # Errors
    /// As for [`retr`](Self::retr). Lines may be long: over `limit` bytes, the session is broken, and the sink holds the first `limit`.
    pub async fn top<S>(&mut self, number: u32, lines: u32, sink: &mut S, limit: u64) -> Result<u64, Error>
    where
        S: AsyncWrite + Unpin + ?Sized,
    {
        let (_, ends) = self.ask("TOP", &numbered("TOP", number, Some(lines))?).await?;
        self.message(ends, sink, limit).await
    }

    /// A message (RETR, RFC 1939, section 5), streamed into `sink` byte by byte as it was, dots unstuffed; returns its bytes.
    ///
    /// # Errors
    /// The server's; those of the connection; [`Error::Sink`]; and [`Error::TooLarge`] over `limit` bytes, whatever size LIST
    /// gave. The sink then holds the first `limit` bytes, and the session is broken: the rest, which might never end, is
    /// not waited for. After any error, what the sink holds is no whole message.
    pub async fn retr<S>(&mut self, number: u32, sink: &mut S, limit: u64) -> Result<u64, Error>
    where
        S: AsyncWrite + Unpin + ?Sized,
    {
        let (_, ends) = self.ask("RETR", &numbered("RETR", number, None)?).await?;
        self.message(ends, sink, limit).await
    }

    /// Marks a message as deleted (DELE, RFC 1939, section 5). It is gone once [`quit`](Self::quit) has succeeded.
    ///
    /// # Errors
    /// The server's, and those of the connection.
    pub async fn dele(&mut self, number: u32) -> Result<(), Error> {
        let command = numbered("DELE", number, None)?;
        self.simple("DELE", &command).await
    }

    /// Unmarks all messages marked as deleted (RSET, RFC 1939, section 5).
    ///
    /// # Errors
    /// The server's, and those of the connection.
    pub async fn rset(&mut self) -> Result<(), Error> {
        self.simple("RSET", "RSET").await
    }

    /// Asks for an answer and nothing else (NOOP, RFC 1939, section 5).
    ///
    /// # Errors
    /// The server's, and those of the connection.
    pub async fn noop(&mut self) -> Result<(), Error> {
        self.simple("NOOP", "NOOP").await
    }

    /// Ends the session and has the server remove what is marked as deleted (QUIT, RFC 1939, section 6).
    ///
    /// # Errors
    /// [`Error::Broken`] and [`Error::OutOfTurn`]: nothing was sent, and nothing is removed. [`Error::Rejected`]: not everything
    /// was removed. Any other: the answer was lost, and it cannot be known what was removed.
    pub async fn quit(mut self) -> Result<(), Error> {
        self.simple("QUIT", "QUIT").await
    }

    /// How many commands may be under way at once: [`Limits::pipeline`](crate::Limits::pipeline) if the server announces
    /// PIPELINING (RFC 2449, section 6.6), else 1.
    pub fn pipeline_depth(&self) -> usize {
        let announced = self
            .capabilities
            .as_ref()
            .is_some_and(|capabilities| capabilities.has("PIPELINING"));
        if announced { self.wire.limits().pipeline.max(1) } else { 1 }
    }

    /// How many commands have been sent and wait for their answers to be read.
    pub fn outstanding(&self) -> usize {
        self.outstanding.len()
    }

    /// Sends RETR and does not wait; [`read_retr`](Self::read_retr) reads the answer. So the next message is on its way while
    /// this one is being stored. Answers are read in the order in which commands were sent; until all are, no other command
    /// can be given.
    ///
    /// # Errors
    /// [`Error::OutOfTurn`] with [`pipeline_depth`](Self::pipeline_depth) commands under way; those of the connection.
    pub async fn send_retr(&mut self, number: u32) -> Result<(), Error> {
        let command = numbered("RETR", number, None)?;
        self.send_ahead(&command, Outstanding::Retr).await
    }

    /// Sends DELE and does not wait; [`read_dele`](Self::read_dele) reads the answer.
    ///
    /// # Errors
    /// As for [`send_retr`](Self::send_retr).
    pub async fn send_dele(&mut self, number: u32) -> Result<(), Error> {
        let command = numbered("DELE", number, None)?;
        self.send_ahead(&command, Outstanding::Dele).await
    }

    /// Reads the message that [`send_retr`](Self::send_retr) asked for.
    ///
    /// # Errors
    /// As for [`retr`](Self::retr) (the server's `-ERR` concerns this message alone: the next answers follow);
    /// [`Error::OutOfTurn`] if the next answer is not one to RETR.
    pub async fn read_retr<S>(&mut self, sink: &mut S, limit: u64) -> Result<u64, Error>
    where
        S: AsyncWrite + Unpin + ?Sized,
    {
        self.next_answer(Outstanding::Retr)?;
        let (_, ends) = self.wire.read_status("RETR").await?;
        self.message(ends, sink, limit).await
    }

    /// Reads the answer to [`send_dele`](Self::send_dele).
    ///
    /// # Errors
    /// As for [`dele`](Self::dele); [`Error::OutOfTurn`] if the next answer is not one to DELE.
    pub async fn read_dele(&mut self) -> Result<(), Error> {
        self.next_answer(Outstanding::Dele)?;
        self.wire.read_status("DELE").await?;
        self.wire.finish();
        Ok(())
    }

    async fn send_ahead(&mut self, command: &str, kind: Outstanding) -> Result<(), Error> {
        if self.outstanding.len() >= self.pipeline_depth() {
            return Err(Error::OutOfTurn {
                what: "too many commands under way",
            });
        }
        self.wire.begin()?;
        self.wire.send(command).await?;
        self.outstanding.push_back(kind);
        self.wire.finish();
        Ok(())
    }

    fn next_answer(&mut self, kind: Outstanding) -> Result<(), Error> {
        if self.outstanding.front() != Some(&kind) {
            return Err(Error::OutOfTurn {
                what: "the next answer is not one to this command",
            });
        }
        self.wire.begin()?;
        self.outstanding.pop_front();
        Ok(())
    }

    /// Begins an exchange with a command and its status line.
    async fn ask(&mut self, name: &'static str, command: &str) -> Result<(Vec<u8>, LineEnds), Error> {
        if !self.outstanding.is_empty() {
            return Err(Error::OutOfTurn {
                what: "answers are outstanding",
            });
        }
        self.wire.begin()?;
        self.wire.send(command).await?;
        self.wire.read_status(name).await
    }

    async fn simple(&mut self, name: &'static str, command: &str) -> Result<(), Error> {
        self.ask(name, command).await?;
        self.wire.finish();
        Ok(())
    }

    async fn message<S>(&mut self, ends: LineEnds, sink: &mut S, limit: u64) -> Result<u64, Error>
    where
        S: AsyncWrite + Unpin + ?Sized,
    {
        let written = self.wire.read_message(ends, sink, limit).await?;
        self.wire.finish();
        Ok(written)
    }
}
