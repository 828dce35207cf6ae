//! Merkle trees and roots of days.

use chamada_domain::TicketNumber;
use chamada_evidence::day::{DayRoot, Head, NO_ROOT, RootFlaw};
use chamada_evidence::merkle::{leaf, path, root, root_of_path};
use sha2::{Digest, Sha256};

/// The inputs of Certificate Transparency's own tests (google/certificate-transparency, `merkletree_test`), and the roots of the first n of them.
const INPUTS: [&str; 8] = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
];
const ROOTS: [&str; 8] = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

/// A root the slow way, level by level; what is left over goes up as it is.
fn naive(leaves: &[Vec<u8>]) -> String {
    let hash = |prefix: u8, parts: &[&[u8]]| Sha256::digest([&[prefix][..], &parts.concat()].concat()).to_vec();
    let mut level: Vec<Vec<u8>> = leaves.iter().map(|data| hash(0, &[data])).collect();
    while level.len() > 1 {
        level = level
            .chunks(2)
            .map(|pair| match pair {
                [left, right] => hash(1, &[left, right]),
                rest => rest[0].clone(),
            })
            .collect();
    }
    hex::encode(&level[0])
}

#[test]
fn roots_are_those_of_certificate_transparency() {
    let leaves: Vec<_> = INPUTS.iter().map(|input| leaf(&hex::decode(input).unwrap())).collect();
    for (count, expected) in (1..).zip(ROOTS) {
        assert_eq!(hex::encode(root(&leaves[..count])), expected, "{count}");
    }
    let of_nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert_eq!(hex::encode(root(&[])), of_nothing);
}

#[test]
fn every_leaf_of_every_tree_is_proven_and_no_other_is() {
    for size in 1..40usize {
        let data: Vec<Vec<u8>> = (0..size).map(|n| format!("leaf {n}").into_bytes()).collect();
        let leaves: Vec<_> = data.iter().map(|data| leaf(data)).collect();
        let whole = root(&leaves);
        assert_eq!(hex::encode(whole), naive(&data), "{size}");
        for place in 0..size {
            let proof = path(&leaves, place).unwrap();
            let reached = |leaf, place: usize, size: usize| root_of_path(leaf, place as u64, size as u64, &proof);
            assert_eq!(reached(leaves[place], place, size), Some(whole), "{place} of {size}");
            assert_ne!(reached(leaf(b"another"), place, size), Some(whole));
            for other in (0..size).filter(|other| *other != place) {
                assert_ne!(reached(leaves[place], other, size), Some(whole), "{place} as {other} of {size}");
            }
            let longer = [proof.clone(), vec![whole]].concat();
            assert_eq!(root_of_path(leaves[place], place as u64, size as u64, &longer), None);
        }
        assert!(path(&leaves, size).is_none());
    }
}

fn head(ticket: u64, seq: u64) -> Head {
    Head {
        ticket: TicketNumber(ticket),
        seq,
        hash: format!("{:064x}", ticket * 1_000 + seq),
    }
}

#[test]
fn a_day_s_root_begins_with_the_root_before_and_goes_on_by_number() {
    let made = DayRoot::make("https://a.b", "2026-11-22", NO_ROOT, vec![head(10, 2), head(9, 7)]);
    let leaves = [
        format!("https://a.b\n2026-11-22\n{}", "0".repeat(64)),
        format!("2026-11-22\n9\n7\n{:064x}", 9_007),
        format!("2026-11-22\n10\n2\n{:064x}", 10_002),
    ];
    assert_eq!(made.root, naive(&leaves.map(String::into_bytes)));
    assert_eq!(made.check(), Ok(()));
    let read: DayRoot = serde_json::from_slice(&made.bytes()).unwrap();
    assert_eq!((read.bytes(), &read), (made.bytes(), &made));
}

#[test]
fn no_part_of_a_day_s_root_can_be_altered() {
    let made = DayRoot::make("https://a.b", "2026-11-22", NO_ROOT, vec![head(1, 2), head(2, 7), head(3, 1)]);
    let altered = |change: &dyn Fn(&mut DayRoot)| {
        let mut root = made.clone();
        change(&mut root);
        root.check()
    };
    assert_eq!(altered(&|root| root.heads[1].seq = 8), Err(RootFlaw::Root));
    assert_eq!(altered(&|root| root.heads[1].hash = "a".repeat(64)), Err(RootFlaw::Root));
    assert_eq!(altered(&|root| drop(root.heads.pop())), Err(RootFlaw::Root));
    assert_eq!(altered(&|root| root.previous_root = "a".repeat(64)), Err(RootFlaw::Root));
    assert_eq!(altered(&|root| root.date = "2026-11-21".into()), Err(RootFlaw::Root));
    assert_eq!(altered(&|root| root.site = "https://b.b".into()), Err(RootFlaw::Root));
    assert_eq!(altered(&|root| root.heads.swap(0, 1)), Err(RootFlaw::Order));
    assert_eq!(altered(&|root| root.heads[1] = root.heads[0].clone()), Err(RootFlaw::Order));
    assert_eq!(altered(&|root| root.root = "A".repeat(64)), Err(RootFlaw::Malformed));
    assert_eq!(altered(&|root| root.date = "2026-13-22".into()), Err(RootFlaw::Malformed));
    assert_eq!(altered(&|root| root.format = "chamada-root-2".into()), Err(RootFlaw::Format));
}

#[test]
fn a_head_is_proven_to_be_in_its_day() {
    let heads: Vec<Head> = (1..20).map(|ticket| head(ticket, ticket + 1)).collect();
    let made = DayRoot::make("https://a.b", "2026-11-22", NO_ROOT, heads);
    for ticket in 1..20 {
        let proof = made.inclusion(TicketNumber(ticket)).unwrap();
        assert!(proof.holds());
        let mut other = proof.clone();
        other.hash = "b".repeat(64);
        assert!(!other.holds());
        let mut other = proof.clone();
        other.date = "2026-11-21".into();
        assert!(!other.holds());
        let mut other = proof.clone();
        other.seq += 1;
        assert!(!other.holds());
        let mut other = proof.clone();
        other.path[0] = "b".repeat(64);
        assert!(!other.holds());
        let mut other = proof;
        other.root = "b".repeat(64);
        assert!(!other.holds());
    }
    assert_eq!(made.inclusion(TicketNumber(20)), None);
}
