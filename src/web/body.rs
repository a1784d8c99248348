//! Reading a request's body: of one type, up to a length, and within a time.

use std::io::Read;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use flate2::read::MultiGzDecoder;
use http_body_util::BodyExt;

use crate::inbound::input_error::InputError;
use crate::web::error::{Kind, Problem};

pub const ONE_MAX: usize = 256 * 1_024;

/// Many incidents, one a line.
pub const MANY_MAX: usize = 16 * 1_024 * 1_024;

/// A form: a note of 4,000 characters takes at most 48,000 bytes when each is escaped.
pub const FORM_MAX: usize = 64 * 1_024;

/// A small body arrives within this time even over a bad connection.
pub const ONE_WITHIN: Duration = Duration::from_secs(10);

/// A body of many lines arrives within this time.
pub const MANY_WITHIN: Duration = Duration::from_secs(60);

/// After the limit, up to this much more is read and discarded, so that the caller gets the response instead of a
/// closed connection.
const THROWN_AWAY_MAX: usize = 32 * 1_024 * 1_024;

/// Whether the body has this type, ignoring parameters such as the charset.
pub fn is_type(headers: &HeaderMap, wanted: &str) -> bool {
    let given = headers.get(CONTENT_TYPE).map(|value| value.as_bytes()).unwrap_or_default();
    let essence = given.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
    essence.eq_ignore_ascii_case(wanted.as_bytes())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    Identity,
    /// RFC 1952.
    Gzip,
}

/// How the body is compressed.
///
/// # Errors
///
/// The encoding is not supported.
pub fn coding(headers: &HeaderMap) -> Result<Coding, Problem> {
    let named = headers.get(CONTENT_ENCODING).map(|coding| coding.as_bytes().trim_ascii().to_ascii_lowercase());
    match named.as_deref() {
        None | Some(b"" | b"identity") => Ok(Coding::Identity),
        Some(b"gzip" | b"x-gzip") => Ok(Coding::Gzip),
        Some(_) => Err(Problem::new(Kind::WrongType, "Send the body uncompressed or compressed with gzip")),
    }
}

/// The decompressed body.
///
/// # Errors
///
/// The body is damaged, or longer than `limit` when decompressed.
pub fn unpack(body: Bytes, coding: Coding, limit: usize) -> Result<Bytes, Problem> {
    if coding == Coding::Identity {
        return Ok(body);
    }
    let (mut unpacked, longest) = (Vec::new(), u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1));
    let read = MultiGzDecoder::new(&*body).take(longest).read_to_end(&mut unpacked);
    match read {
        Ok(_) if unpacked.len() > limit => Err(too_large(limit)),
        Ok(_) => Ok(unpacked.into()),
        Err(_) => {
            Err(Problem::input_error(InputError::new("", "not-gzip", "The body is not valid gzip; send it again")))
        }
    }
}

fn too_large(limit: usize) -> Problem {
    Problem::new(Kind::TooLarge, format!("Send at most {limit} bytes"))
}

/// The whole body.
///
/// # Errors
///
/// The body is longer than `limit`, takes longer than `within`, or is cut off.
pub async fn read(body: Body, limit: usize, within: Duration) -> Result<Bytes, Problem> {
    match tokio::time::timeout(within, collect(body, limit)).await {
        Ok(result) => result,
        Err(_elapsed) => Err(Problem::new(Kind::TooSlow, "The body took too long to arrive; send it without pauses")),
    }
}

async fn collect(mut body: Body, limit: usize) -> Result<Bytes, Problem> {
    let mut first = Bytes::new();
    let mut rest: Vec<u8> = Vec::new();
    let mut length = 0;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| {
            Problem::new(Kind::TooSlow, "The connection closed before the whole body arrived; send it again")
        })?;
        let Ok(data) = frame.into_data() else { continue };
        length += data.len();
        if length > limit + THROWN_AWAY_MAX {
            break;
        } else if length > limit {
            first.clear();
            rest = Vec::new();
        } else if first.is_empty() {
            first = data;
        } else {
            if rest.is_empty() {
                rest.extend_from_slice(&first);
            }
            rest.extend_from_slice(&data);
        }
    }
    if length > limit {
        return Err(too_large(limit));
    }
    Ok(if rest.is_empty() { first } else { rest.into() })
}
