//! When what follows a write is done: the mails that it causes lie in the outbox.

use crate::Failure;
use chamada_tests::server::Server;
use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

const PATIENCE: Duration = Duration::from_secs(180);

/// Counts the mails in a server's outbox against those that must come.
pub(crate) struct Outbox {
    folder: PathBuf,
    expected: usize,
}

impl Outbox {
    /// Begins with the mails that are there.
    pub(crate) fn of(server: &Server) -> Result<Self, Failure> {
        let folder = server.data().join("outbox");
        let expected = count(&folder)?;
        Ok(Self { folder, expected })
    }

    /// Waits until `more` mails have come; how long that took.
    pub(crate) async fn settle(&mut self, more: usize) -> Result<Duration, Failure> {
        let began = Instant::now();
        self.expected += more;
        loop {
            let there = count(&self.folder)?;
            if there >= self.expected {
                return Ok(began.elapsed());
            }
            if began.elapsed() > PATIENCE {
                return Err(format!("{} mails did not come within {PATIENCE:?}", self.expected - there).into());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits for a moment in which nothing comes, and begins with the mails that are there: more than expected is a fault of the product.
    pub(crate) async fn exactly(&self) -> Result<(), Failure> {
        tokio::time::sleep(Duration::from_millis(500)).await;
        match count(&self.folder)? {
            there if there == self.expected => Ok(()),
            there => Err(format!("{there} mails in the outbox, not {}", self.expected).into()),
        }
    }
}

fn count(folder: &Path) -> Result<usize, Failure> {
    let Ok(files) = fs::read_dir(folder) else { return Ok(0) };
    let mut count = 0;
    for file in files {
        count += usize::from(file?.path().extension().is_some_and(|end| end == "eml"));
    }
    Ok(count)
}
