//! Where a request comes from, for limits.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use chamada_platform::{PeerAddress, TrustProxy};
use http::request::Parts;
use http::{Extensions, HeaderMap};

use crate::problem::Problem;
use crate::service::platform_of;

/// Extractor: the address a request came from, as far as the deployment trusts what it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SourceAddress(pub IpAddr);

impl SourceAddress {
    /// What limits count by: an IPv4 address, or the /64 that one customer of an IPv6 network has to itself.
    #[must_use]
    pub fn limit_key(&self) -> String {
        match self.0.to_canonical() {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
            }
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for SourceAddress {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let trust = platform_of(&parts.extensions)?.config().trust_proxy;
        let told = match trust {
            TrustProxy::No => None,
            TrustProxy::Forwarded => forwarded(&parts.headers),
            TrustProxy::CloudFront => viewer(&parts.headers),
        };
        Ok(Self(
            told.or_else(|| peer(&parts.extensions))
                .unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)),
        ))
    }
}

/// The last address of `X-Forwarded-For`: the proxy before us appended it; whatever stands before it may be the client's invention.
fn forwarded(headers: &HeaderMap) -> Option<IpAddr> {
    let line = headers.get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?;
    let last = line.rsplit(',').next()?.trim();
    last.parse()
        .ok()
        .or_else(|| last.parse::<SocketAddr>().ok().map(|address| address.ip()))
}

/// `CloudFront-Viewer-Address`: address and port, an IPv6 address without brackets.
fn viewer(headers: &HeaderMap) -> Option<IpAddr> {
    let text = headers.get("cloudfront-viewer-address")?.to_str().ok()?;
    let (address, _port) = text.rsplit_once(':')?;
    address.trim_matches(['[', ']']).parse().ok()
}

fn peer(extensions: &Extensions) -> Option<IpAddr> {
    let told = extensions.get::<PeerAddress>().map(|peer| peer.0);
    told.or_else(|| extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderName, HeaderValue};

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn only_the_nearest_proxy_s_word_counts() {
        let found = |value| forwarded(&headers(&[("x-forwarded-for", value)])).map(|address| address.to_string());
        assert_eq!(found("1.1.1.1, 203.0.113.7").as_deref(), Some("203.0.113.7"));
        assert_eq!(found("203.0.113.7:4711").as_deref(), Some("203.0.113.7"));
        assert_eq!(found("1.1.1.1, unknown"), None);
        let seen = |value| viewer(&headers(&[("cloudfront-viewer-address", value)])).map(|address| address.to_string());
        assert_eq!(seen("203.0.113.7:46532").as_deref(), Some("203.0.113.7"));
        assert_eq!(seen("2001:db8:0:0:1:2:3:4:46532").as_deref(), Some("2001:db8::1:2:3:4"));
    }

    #[test]
    fn limits_count_ipv6_by_network() {
        let key = |text: &str| SourceAddress(text.parse().unwrap()).limit_key();
        assert_eq!(key("2001:db8:1:2:3::4"), "2001:db8:1:2::/64");
        assert_eq!(key("::ffff:203.0.113.7"), "203.0.113.7");
    }
}
