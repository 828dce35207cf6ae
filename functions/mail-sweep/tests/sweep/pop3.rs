//! A POP3 server in the test's own process: it tells what it was sent, and misbehaves where asked to.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

/// A message on the server.
#[derive(Clone)]
pub(crate) struct Mail {
    pub(crate) uidl: String,
    pub(crate) bytes: Vec<u8>,
    /// The size that LIST gives, where that is a lie.
    pub(crate) listed: Option<u64>,
    pub(crate) quirk: Quirk,
}

/// What is wrong with a message.
#[derive(Clone, Default)]
pub(crate) enum Quirk {
    #[default]
    None,
    /// The connection is closed in its middle.
    Breaks,
    /// It never ends.
    Endless,
    /// The server refuses to hand it over.
    Refused,
    /// The server waits with it until the test lets it go.
    Waits(Arc<Semaphore>),
}

/// What the server holds and has heard.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) mails: Vec<Mail>,
    pub(crate) commands: Vec<String>,
    pub(crate) no_uidl: bool,
    /// QUIT closes the connection without an answer, and deletes nothing.
    pub(crate) quit_is_lost: bool,
}

/// The running server; it ends with the test's runtime.
#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) port: u16,
    pub(crate) state: Arc<Mutex<State>>,
}

impl Server {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self {
            port: listener.local_addr().unwrap().port(),
            state: Arc::default(),
        };
        let state = Arc::clone(&server.state);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // A client that goes away in the middle is what some tests are about.
                tokio::spawn(serve(stream, Arc::clone(&state)));
            }
        });
        server
    }

    pub(crate) fn deliver(&self, uidl: &str, bytes: Vec<u8>) {
        self.deliver_odd(uidl, bytes, None, Quirk::None);
    }

    pub(crate) fn deliver_odd(&self, uidl: &str, bytes: Vec<u8>, listed: Option<u64>, quirk: Quirk) {
        let uidl = uidl.to_owned();
        self.state.lock().unwrap().mails.push(Mail {
            uidl,
            bytes,
            listed,
            quirk,
        });
    }

    pub(crate) fn count(&self) -> usize {
        self.state.lock().unwrap().mails.len()
    }

    /// How often a command was sent, by its first word.
    pub(crate) fn heard(&self, verb: &str) -> usize {
        let state = self.state.lock().unwrap();
        state.commands.iter().filter(|line| line.split(' ').next() == Some(verb)).count()
    }
}

async fn serve(stream: TcpStream, state: Arc<Mutex<State>>) -> std::io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    write.write_all(b"+OK\r\n").await?;
    let mut deleted: Vec<usize> = Vec::new();
    while let Some(line) = lines.next_line().await? {
        let words: Vec<&str> = line.split(' ').collect();
        let number = words.get(1).and_then(|word| word.parse::<usize>().ok()).unwrap_or(0);
        if words[0] != "PASS" {
            state.lock().unwrap().commands.push(line.clone());
        }
        match words[0] {
            "CAPA" => write.write_all(b"+OK\r\nUIDL\r\nTOP\r\nPIPELINING\r\n.\r\n").await?,
            "PASS" if words[1] == "wrong" => write.write_all(b"-ERR [AUTH] wrong password\r\n").await?,
            "USER" | "PASS" | "NOOP" => write.write_all(b"+OK\r\n").await?,
            "DELE" => {
                deleted.push(number);
                write.write_all(b"+OK\r\n").await?;
            }
            "LIST" | "UIDL" => {
                let text = listing(&state.lock().unwrap(), words[0]);
                write.write_all(text.as_bytes()).await?;
            }
            "RETR" | "TOP" => {
                let mail = state.lock().unwrap().mails[number - 1].clone();
                if !hand_over(&mut write, &mail, words[0] == "TOP").await? {
                    return Ok(());
                }
            }
            "QUIT" => {
                if commit(&mut state.lock().unwrap(), deleted) {
                    write.write_all(b"+OK\r\n").await?;
                }
                return Ok(());
            }
            _ => write.write_all(b"-ERR\r\n").await?,
        }
    }
    Ok(())
}

/// Deletes what is to be deleted, unless the answer is to be lost; whether it did.
fn commit(state: &mut State, mut deleted: Vec<usize>) -> bool {
    if !state.quit_is_lost {
        deleted.sort_unstable();
        deleted.iter().rev().for_each(|number| drop(state.mails.remove(number - 1)));
    }
    !state.quit_is_lost
}

fn listing(state: &State, verb: &str) -> String {
    if verb == "UIDL" && state.no_uidl {
        return "-ERR no such command\r\n".to_owned();
    }
    let line = |(n, mail): (usize, &Mail)| {
        let size = mail.listed.unwrap_or(mail.bytes.len() as u64);
        let what = if verb == "LIST" { size.to_string() } else { mail.uidl.clone() };
        format!("{} {what}\r\n", n + 1)
    };
    let lines: String = state.mails.iter().enumerate().map(line).collect();
    format!("+OK\r\n{lines}.\r\n")
}

/// Sends a message, dots stuffed; whether the connection goes on.
async fn hand_over(write: &mut (impl AsyncWriteExt + Unpin), mail: &Mail, top: bool) -> std::io::Result<bool> {
    match &mail.quirk {
        Quirk::Refused => {
            write.write_all(b"-ERR not this one\r\n").await?;
            return Ok(true);
        }
        Quirk::Breaks => {
            write.write_all(b"+OK\r\nSubject: half").await?;
            return Ok(false);
        }
        Quirk::Waits(gate) => gate.acquire().await.unwrap().forget(),
        Quirk::Endless if !top => {
            write.write_all(b"+OK\r\n").await?;
            write.write_all(&mail.bytes).await?;
            loop {
                write.write_all(&b"endless and without end\r\n".repeat(1_000)).await?;
            }
        }
        Quirk::Endless | Quirk::None => {}
    }
    let text = String::from_utf8_lossy(&mail.bytes);
    let stuffed: String = text
        .lines()
        .map(|line| format!("{}{line}\r\n", if line.starts_with('.') { "." } else { "" }))
        .collect();
    write.write_all(format!("+OK\r\n{stuffed}.\r\n").as_bytes()).await?;
    Ok(true)
}
