//! Ids in paths. What has not the form of an id names nothing: 404.

use std::str::FromStr;

use axum::extract::{FromRequestParts, RawPathParams};
use http::request::Parts;

use crate::problem::Problem;

/// A path's only parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Id<A>(pub A);

/// A path's two parameters, in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Id2<A, B>(pub A, pub B);

async fn texts<S: Send + Sync>(parts: &mut Parts, state: &S) -> Result<Vec<String>, Problem> {
    // The rejection says that a parameter is not UTF-8: no id is like that.
    let params = RawPathParams::from_request_parts(parts, state)
        .await
        .map_err(|_| Problem::not_found())?;
    Ok(params.iter().map(|(_, value)| value.to_owned()).collect())
}

fn read<A: FromStr>(text: Option<&String>) -> Result<A, Problem> {
    text.and_then(|text| text.parse().ok()).ok_or_else(Problem::not_found)
}

impl<A: FromStr, S: Send + Sync> FromRequestParts<S> for Id<A> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let texts = texts(parts, state).await?;
        Ok(Self(read(texts.first())?))
    }
}

impl<A: FromStr, B: FromStr, S: Send + Sync> FromRequestParts<S> for Id2<A, B> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let texts = texts(parts, state).await?;
        Ok(Self(read(texts.first())?, read(texts.get(1))?))
    }
}
