//! The address under which people reach the site.

use std::fmt;
use std::str::FromStr;

/// The site's origin (RFC 6454): scheme, host and port, without a path. Links begin with it, and a browser's `Origin` must equal it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteUrl(String);

impl SiteUrl {
    /// The origin, as browsers write it: lower-case, without a default port or a slash at its end.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.0
    }

    /// Whether the site is reached over TLS, so that cookies can be `Secure`.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.0.starts_with("https://")
    }

    /// A link into the site; `path` begins with `/`, as `/#/t/1042`.
    #[must_use]
    pub fn link(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }

    /// The host without its port.
    #[must_use]
    pub fn host(&self) -> &str {
        let authority = self.0.split_once("://").map_or("", |(_, rest)| rest);
        match authority.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
            _ => authority,
        }
    }
}

impl fmt::Display for SiteUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for SiteUrl {
    type Err = &'static str;

    /// Reads `https://help.example.org`, with or without a slash at its end.
    ///
    /// # Errors
    /// What is wrong with it: another scheme, a path, user information, or a host that cannot be one.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim().trim_end_matches('/').to_ascii_lowercase();
        let (scheme, authority) = text.split_once("://").ok_or("it must begin with https:// or http://")?;
        let default_port = match scheme {
            "https" => ":443",
            "http" => ":80",
            _ => return Err("it must begin with https:// or http://"),
        };
        let uri: http::uri::Authority = authority.parse().map_err(|_| "its host cannot be read; a path is not allowed")?;
        if uri.host().is_empty() || authority.contains('@') {
            return Err("it needs a host, and no user name");
        }
        Ok(Self(format!(
            "{scheme}://{}",
            authority.strip_suffix(default_port).unwrap_or(authority)
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_written_as_browsers_write_it() {
        let site: SiteUrl = "HTTPS://Help.Example.ORG:443/".parse().unwrap();
        assert_eq!(site.origin(), "https://help.example.org");
        assert_eq!(site.link("/#/t/7"), "https://help.example.org/#/t/7");
        assert!(site.is_https());
        let local: SiteUrl = "http://localhost:8080".parse().unwrap();
        assert_eq!(
            (local.origin(), local.host(), local.is_https()),
            ("http://localhost:8080", "localhost", false)
        );
        assert_eq!("http://[::1]".parse::<SiteUrl>().unwrap().host(), "[::1]");
    }

    #[test]
    fn what_is_no_origin_is_refused() {
        for bad in [
            "",
            "help.example.org",
            "ftp://a.b",
            "https://",
            "https://a.b/path",
            "https://u@a.b",
            "https://a b",
        ] {
            assert!(bad.parse::<SiteUrl>().is_err(), "{bad:?}");
        }
    }
}
