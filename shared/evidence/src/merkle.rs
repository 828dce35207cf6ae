//! Merkle trees as RFC 9162 §2.1 has them (there for certificate transparency): leaves hashed behind a 0x00, nodes behind a 0x01, so that
//! no node passes for a leaf.

use sha2::{Digest, Sha256};

/// A SHA-256.
pub type Hash = [u8; 32];

/// The hash of a leaf.
#[must_use]
pub fn leaf(data: &[u8]) -> Hash {
    Sha256::new().chain_update([0]).chain_update(data).finalize().into()
}

fn node(left: &Hash, right: &Hash) -> Hash {
    Sha256::new()
        .chain_update([1])
        .chain_update(left)
        .chain_update(right)
        .finalize()
        .into()
}

/// Where a tree of `size` leaves, two at least, parts: the greatest power of two below its size.
fn split(size: usize) -> usize {
    size.next_power_of_two() / 2
}

/// The root over leaves that are hashed already (§2.1.1). Of none it is the hash of nothing.
#[must_use]
pub fn root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Sha256::digest([]).into(),
        [only] => *only,
        _ => {
            let (left, right) = leaves.split_at(split(leaves.len()));
            node(&root(left), &root(right))
        }
    }
}

/// The inclusion proof of the leaf at `index` (§2.1.3.1), from the bottom up; nothing where there is no such leaf.
#[must_use]
pub fn path(leaves: &[Hash], index: usize) -> Option<Vec<Hash>> {
    if index >= leaves.len() {
        return None;
    }
    if leaves.len() == 1 {
        return Some(Vec::new());
    }
    let middle = split(leaves.len());
    let (left, right) = leaves.split_at(middle);
    let (mut found, beside) = if index < middle {
        (path(left, index)?, root(right))
    } else {
        (path(right, index - middle)?, root(left))
    };
    found.push(beside);
    Some(found)
}

/// The root that an inclusion proof leads to (§2.1.3.2); nothing where it is no proof of a leaf at that place of a tree of that size.
#[must_use]
pub fn root_of_path(leaf: Hash, index: u64, size: u64, path: &[Hash]) -> Option<Hash> {
    if index >= size {
        return None;
    }
    let (mut place, mut last, mut reached) = (index, size - 1, leaf);
    for beside in path {
        if last == 0 {
            return None;
        }
        if place % 2 == 1 || place == last {
            reached = node(beside, &reached);
            while place % 2 == 0 && place != 0 {
                place /= 2;
                last /= 2;
            }
        } else {
            reached = node(&reached, beside);
        }
        place /= 2;
        last /= 2;
    }
    (last == 0).then_some(reached)
}
