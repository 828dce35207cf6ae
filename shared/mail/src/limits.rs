//! How much of a stranger's mail is looked at.

/// Bounds on what [`crate::read`] looks at. What lies beyond a bound is left in the raw file, and [`crate::IncomingMail::truncated`] says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The largest raw message, in bytes; larger ones are refused before a byte of them is read.
    pub bytes: usize,
    /// How deep multiparts may stand in each other; what is deeper is kept as one attachment.
    pub depth: usize,
    /// How many parts are read.
    pub parts: usize,
    /// How many attachments are decoded; each names its place in the raw file only by order.
    pub attachments: usize,
    /// How many bytes of HTML are sanitised and turned into text. The parser's time grows with length times depth.
    pub html_bytes: usize,
    /// How deep HTML elements may nest before the HTML is given up for plain text.
    pub html_depth: usize,
    /// How many Message-IDs of References are kept: the first one and the last ones.
    pub references: usize,
    /// How many addresses of each of To and Cc are kept.
    pub addresses: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes: 50 * 1024 * 1024,
            depth: 32,
            parts: 1_000,
            attachments: 200,
            html_bytes: 512 * 1024,
            html_depth: 256,
            references: 100,
            addresses: 200,
        }
    }
}
