//! A mail's HTML as it was sent, made harmless and fit to be shown by itself.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::body;
use crate::conceal::conceal;
use crate::head;
use crate::html::Images;
use crate::incoming::{Attachment, ReadError};
use crate::limits::Limits;
use crate::parse::structure::Walk;

/// How much room all enclosed images take in the HTML, in bytes of base64: an answer of a Lambda function holds 6 MB. What finds no room is left out.
const MOST_IMAGES: usize = 3 << 20;

/// The longest HTML without its images: quotation marks take two bytes in such an answer.
const LONGEST_HTML: usize = 2 << 20;

/// The images that are shown: formats that hold nothing but pixels. SVG is not among them.
const SHOWN: [&str; 4] = ["image/png", "image/jpeg", "image/gif", "image/webp"];

/// A mail's HTML.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AsSent {
    /// A fragment without scripts, styles, forms and frames; enclosed images stand in it as `data:`.
    pub html: String,
}

/// The HTML of a mail; none where it has none, none that can be made harmless, or too much of it. Images that lie elsewhere are kept with `remote_images` alone, and
/// of those the ones under `https:`.
///
/// # Errors
/// As [`crate::read`].
pub fn as_sent(raw: &[u8], limits: &Limits, remote_images: bool) -> Result<Option<AsSent>, ReadError> {
    let (headers, body_at) = head(raw, limits)?;
    let mut walk = Walk::new(limits);
    let root = walk.node(&headers, raw.get(body_at..).unwrap_or_default(), 0);
    let images = if remote_images { Images::Remote } else { Images::Enclosed };
    let found = body::read(&root, limits, images);
    let html = found.html.as_deref().map(conceal).filter(|html| html.len() <= LONGEST_HTML);
    Ok(html.map(|html| AsSent {
        html: enclose(&html, &found.attachments),
    }))
}

/// Puts enclosed images in the place of their names. The HTML was made by a serialiser: a quotation mark within an attribute's value is written `&quot;`,
/// so that what is found is an attribute or plain text, where it does no harm.
fn enclose(html: &str, files: &[Attachment]) -> String {
    const BEFORE: &str = "src=\"";
    let (mut out, mut rest, mut room) = (String::with_capacity(html.len()), html, MOST_IMAGES);
    while let Some(at) = rest.find(BEFORE) {
        let (before, value) = rest.split_at(at + BEFORE.len());
        out.push_str(before);
        let end = value.find('"').unwrap_or(value.len());
        match data(&value[..end], files).filter(|data| data.len() <= room) {
            Some(data) => {
                room -= data.len();
                out.push_str(&data);
            }
            None => out.push_str(&value[..end]),
        }
        rest = &value[end..];
    }
    out.push_str(rest);
    out
}

/// The image that a `cid:` address names (RFC 2392), as `data:` address.
fn data(address: &str, files: &[Attachment]) -> Option<String> {
    let address = address.trim_start().replace("&amp;", "&");
    let (scheme, id) = address.split_once(':')?;
    if !scheme.eq_ignore_ascii_case("cid") {
        return None;
    }
    let file = files.iter().find(|file| file.content_id.as_deref() == Some(id))?;
    let kind = SHOWN.iter().find(|kind| **kind == file.content_type)?;
    // Four letters for three bytes: told before they are written.
    (file.bytes.len() <= MOST_IMAGES / 4 * 3).then(|| format!("data:{kind};base64,{}", STANDARD.encode(&file.bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The smallest GIF there is.
    const GIF: &str = "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7";

    fn shown(html: &str, kind: &str, file: &str) -> String {
        let mail = format!(
            "From: a@b.c\r\nContent-Type: multipart/related; boundary=x\r\n\r\n--x\r\nContent-Type: text/html\r\n\r\n{html}\r\n\
             --x\r\nContent-Type: {kind}\r\nContent-ID: <i@x>\r\nContent-Transfer-Encoding: base64\r\n\r\n{file}\r\n--x--\r\n"
        );
        as_sent(mail.as_bytes(), &Limits::default(), false).unwrap().unwrap().html
    }

    #[test]
    fn enclosed_images_stand_in_the_html() {
        let html = shown("<p>a<img src='cid:i@x'><img src=cid:other></p>", "image/gif", GIF);
        assert!(
            html.contains(&format!("data:image/gif;base64,{GIF}")) && html.contains("cid:other"),
            "{html}"
        );
        let svg = STANDARD.encode("<svg xmlns='http://www.w3.org/2000/svg'><script>a()</script></svg>");
        assert!(!shown("<img src=cid:i@x>", "image/svg+xml", &svg).contains("data:"));
    }

    #[test]
    fn many_names_of_one_image_do_not_make_a_flood() {
        let big = STANDARD.encode([&STANDARD.decode(GIF).unwrap()[..], &vec![0; 1 << 20]].concat());
        let html = shown(&"<img src=cid:i@x>".repeat(1_000), "image/gif", &big);
        assert!(html.len() < MOST_IMAGES + 100_000, "{}", html.len());
        assert_eq!(html.matches("data:image/gif").count(), 2);
    }

    #[test]
    fn what_is_longer_than_an_answer_is_not_shown() {
        let mail = |links: usize| {
            format!(
                "From: a@b.c\r\nContent-Type: text/html\r\n\r\n{}",
                "<a href=http://x>y</a>".repeat(links)
            )
        };
        let length = |links| {
            as_sent(mail(links).as_bytes(), &Limits::default(), true)
                .unwrap()
                .map(|shown| shown.html.len())
        };
        assert!(length(20_000).is_none_or(|length| length <= LONGEST_HTML));
        assert!(length(100).is_some());
    }

    #[test]
    fn what_has_no_html_shows_none() {
        let plain = as_sent(b"From: a@b.c\r\n\r\n<b>x</b>", &Limits::default(), true).unwrap();
        assert_eq!(plain, None);
        let deep = format!("From: a@b.c\r\nContent-Type: text/html\r\n\r\n{}", "<b><i><div>x".repeat(20_000));
        assert_eq!(as_sent(deep.as_bytes(), &Limits::default(), true).unwrap(), None);
    }
}
