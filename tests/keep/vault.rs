//! Keys outside the record: what is sealed opens where it belongs and nowhere else, through every accident.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::Path;

use chrono::{DateTime, Utc};
use proptest::prelude::*;
use wardbell::domain::escalation::event::Event;
use wardbell::domain::id::IncidentId;
use wardbell::domain::master_key::{MasterKey, MasterKeys};
use wardbell::domain::principal::Principal;
use wardbell::domain::sealed::{DataKeyId, Sealed, SealedKind, Unreadable, Words};
use wardbell::journal::error::OpenError;
use wardbell::journal::record::{Entry, Fact};
use wardbell::vault::Vault;
use wardbell::vault::inventory::KeyInventory;
use wardbell::vault::opener::Opener;
use wardbell::vault::opening::{Opened, holds_plain_words, holds_sealed_words, open_event};
use wardbell::vault::reading::KeysAtRest;
use wardbell::vault::transfer::{self, Exported, Imported};

use crate::fixture::House;

/// A line of the file.
pub const LINE: usize = 128;

fn master(seed: u8) -> MasterKey {
    MasterKey::new(std::array::from_fn(|index| (index as u8).wrapping_mul(7).wrapping_add(seed)))
}

pub fn keys(seeds: &[u8]) -> MasterKeys {
    let lines: Vec<String> = seeds.iter().map(|seed| master(*seed).to_line().to_string()).collect();
    MasterKeys::read(&lines.join("\n")).unwrap()
}

pub fn at() -> DateTime<Utc> {
    DateTime::from_timestamp_millis(1_798_153_200_000).unwrap()
}

pub fn id(number: u64) -> IncidentId {
    IncidentId::from_random(number * 0x12_3456_789b)
}

pub fn noted(incident: IncidentId, text: &str) -> Entry {
    let by = Principal::Operator { operator: "desk".parse().unwrap() };
    let event = Event::Noted { department: None, by, page: None, text: text.into() };
    Entry { at: at(), fact: Fact::Incident(incident, event) }
}

fn sealed_of(entry: &Entry) -> Sealed {
    match &entry.fact {
        Fact::Incident(_, Event::Noted { text: Words::Sealed(sealed), .. }) => sealed.clone(),
        other => panic!("not a sealed note: {other:?}"),
    }
}

/// Seals one note each.
pub fn seal(vault: &Vault, numbers: &[u64]) -> Vec<Sealed> {
    let mut entries: Vec<Entry> = numbers.iter().map(|number| noted(id(*number), &format!("note {number}"))).collect();
    vault.seal(&mut entries).unwrap();
    entries.iter().map(sealed_of).collect()
}

pub fn read(keys: &dyn Opener, number: u64, sealed: &Sealed) -> Result<String, Unreadable> {
    let words = keys.open_sealed(id(number), SealedKind::Noted, sealed)?;
    Ok(String::from_utf8(words.to_vec()).unwrap())
}

pub fn file(folder: &Path) -> Vec<u8> {
    fs::read(folder.join("data-keys")).unwrap()
}

#[test]
fn what_is_sealed_opens_again_also_after_a_restart_and_beside_a_running_daemon() {
    let folder = tempfile::tempdir().unwrap();
    let vault = Vault::open(folder.path(), keys(&[1])).unwrap();
    let sealed = seal(&vault, &[1, 2, 1]);
    assert_eq!(sealed[0].key, sealed[2].key, "one key an incident");
    assert_eq!(file(folder.path()).len(), 2 * LINE);
    let mode = fs::metadata(folder.path().join("data-keys")).unwrap().permissions();
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&mode) & 0o777, 0o600);
    let beside = KeysAtRest::read(folder.path(), keys(&[1])).unwrap();
    assert!(matches!(Vault::open(folder.path(), keys(&[1])), Err(OpenError::InUse(_))));
    for (number, sealed) in [(1, &sealed[0]), (2, &sealed[1]), (1, &sealed[2])] {
        assert_eq!(read(&vault, number, sealed), Ok(format!("note {number}")));
        assert_eq!(read(&beside, number, sealed), Ok(format!("note {number}")));
    }
    drop(vault);
    let vault = Vault::open(folder.path(), keys(&[1])).unwrap();
    assert_eq!(read(&vault, 2, &sealed[1]).unwrap(), "note 2");
    assert_eq!(seal(&vault, &[1])[0].key, sealed[0].key, "the key is found again");
}

#[test]
fn everything_that_is_protected_is_sealed_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let vault = Vault::open(folder.path(), keys(&[1])).unwrap();
    let mut house = House::new(7);
    let before = house.entries(3_000);
    let mut after = before.clone();
    vault.seal(&mut after).unwrap();
    let mut sealed = 0;
    for (before, after) in before.iter().zip(&after) {
        let (Fact::Incident(id, plain), Fact::Incident(_, event)) = (&before.fact, &after.fact) else {
            assert_eq!(before, after);
            continue;
        };
        assert!(!holds_plain_words(event));
        assert_eq!(holds_plain_words(plain), holds_sealed_words(event));
        let text = serde_json::to_string(event).unwrap();
        assert_eq!(&serde_json::from_str::<Event>(&text).unwrap(), event);
        match (open_event(Some(&vault), *id, event), plain) {
            (None, _) => assert_eq!(plain, event),
            (Some(Opened::Note(note)), Event::Noted { text, .. } | Event::Resolved { note: Some(text), .. }) => {
                assert_eq!(note.unwrap(), text.plain().unwrap());
                sealed += 1;
            }
            (Some(Opened::Content(content)), Event::Opened(opened)) => {
                assert_eq!(content.unwrap(), opened.incident.clone().take_content());
                sealed += 1;
            }
            (Some(Opened::Content(content)), Event::Folded(folded)) => {
                assert_eq!(content.unwrap(), folded.incident.clone().take_content());
                sealed += 1;
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(sealed > 50, "{sealed} sealed events");
}

#[test]
fn nothing_opens_for_another_incident_another_kind_or_in_another_slot() {
    let folder = tempfile::tempdir().unwrap();
    let vault = Vault::open(folder.path(), keys(&[1])).unwrap();
    let sealed = seal(&vault, &[1, 2]);
    assert!(matches!(read(&vault, 2, &sealed[0]), Err(Unreadable::Damaged { .. })), "another incident");
    let relabelled = Sealed { key: sealed[1].key, ..sealed[0].clone() };
    assert!(matches!(read(&vault, 2, &relabelled), Err(Unreadable::Damaged { .. })), "under another name");
    let other_kind = vault.open_sealed(id(1), SealedKind::Resolved, &sealed[0]);
    assert!(matches!(other_kind, Err(Unreadable::Damaged { .. })));
    drop(vault);
    // The wrapped keys change places, each under the other's name.
    let mut bytes = file(folder.path());
    let (first, second) = bytes.split_at_mut(LINE);
    first[13..].swap_with_slice(&mut second[13..LINE]);
    fs::write(folder.path().join("data-keys"), bytes).unwrap();
    let vault = Vault::open(folder.path(), keys(&[1])).unwrap();
    assert!(matches!(read(&vault, 1, &sealed[0]), Err(Unreadable::Damaged { .. })), "a moved slot");
}

#[test]
fn no_flipped_bit_of_a_key_opens_anything() {
    let folder = tempfile::tempdir().unwrap();
    let vault = Vault::open(folder.path(), keys(&[1])).unwrap();
    let sealed = seal(&vault, &[1]).remove(0);
    drop(vault);
    let bytes = file(folder.path());
    for position in 0..LINE - 1 {
        let mut bent = bytes.clone();
        bent[position] ^= 1 << (position % 6);
        fs::write(folder.path().join("data-keys"), &bent).unwrap();
        let keys = KeysAtRest::read(folder.path(), keys(&[1])).unwrap();
        assert!(read(&keys, 1, &sealed).is_err(), "byte {position}");
    }
}

#[test]
fn a_torn_end_is_cut_off_and_a_damaged_line_hurts_nobody_else() {
    let folder = tempfile::tempdir().unwrap();
    let vault = Vault::open(folder.path(), keys(&[1])).unwrap();
    let sealed = seal(&vault, &[1, 2, 3]);
    drop(vault);
    let whole = file(folder.path());
    for torn in [&whole[..LINE - 1], &[0; 4_096], &[0; 77], b"x"] {
        fs::write(folder.path().join("data-keys"), [&whole, torn].concat()).unwrap();
        drop(Vault::open(folder.path(), keys(&[1])).unwrap());
        assert_eq!(file(folder.path()), whole);
    }
    let mut damaged = whole.clone();
    damaged[LINE..2 * LINE].fill(b'?');
    fs::write(folder.path().join("data-keys"), &damaged).unwrap();
    let vault = Vault::open(folder.path(), keys(&[1])).unwrap();
    assert_eq!(vault.inventory().unwrap().0.damaged, 1);
    assert!(matches!(read(&vault, 2, &sealed[1]), Err(Unreadable::KeyMissing { master: None, .. })));
    assert_eq!(read(&vault, 3, &sealed[2]).unwrap(), "note 3");
    assert_eq!(read(&vault, 2, &seal(&vault, &[2])[0]).unwrap(), "note 2", "it gets a key anew");
}

#[test]
fn a_batch_that_is_not_recorded_gives_its_keys_back_once_another_one_is() {
    let folder = tempfile::tempdir().unwrap();
    let vault = Vault::open(folder.path(), keys(&[1])).unwrap();
    let kept = seal(&vault, &[1]);
    let mut entries = vec![noted(id(1), "again"), noted(id(2), "new"), noted(id(3), "newer")];
    let made = vault.seal(&mut entries).unwrap();
    vault.not_recorded(&made);
    // Its lines may be found after a crash, and count then.
    assert_eq!(file(folder.path()).len(), 3 * LINE);
    assert_eq!(read(&vault, 2, &sealed_of(&entries[1])).unwrap(), "new");
    let made = vault.seal(&mut [noted(id(2), "kept in memory")]).unwrap();
    vault.not_recorded(&made);
    let mut entries = vec![noted(id(2), "kept in memory")];
    let made = vault.seal(&mut entries).unwrap();
    assert_eq!(file(folder.path()).len(), 3 * LINE, "it has a key already");
    vault.recorded(&made);
    assert_eq!(file(folder.path()).len(), 2 * LINE, "the third one's key is needed by nobody");
    assert_eq!(read(&vault, 1, &kept[0]).unwrap(), "note 1");
    assert_eq!(read(&vault, 2, &sealed_of(&entries[0])).unwrap(), "kept in memory");
    assert_eq!(read(&vault, 3, &seal(&vault, &[3])[0]).unwrap(), "note 3");
}

#[test]
fn what_is_purged_is_gone_from_the_disk_and_stays_gone() {
    let folder = tempfile::tempdir().unwrap();
    let vault = Vault::open(folder.path(), keys(&[1])).unwrap();
    let sealed = seal(&vault, &[1, 2]);
    let before = file(folder.path());
    assert_eq!(vault.purge(&[id(1)], at()).unwrap(), 1);
    assert_eq!(vault.purge(&[id(1), id(9)], at()).unwrap(), 0, "once is enough");
    let after = file(folder.path());
    assert_eq!(after.len(), before.len());
    assert_eq!(
        &after[..LINE],
        format!("{}.0001 purged---------- {:-<96}\n", id(1), "2026-12-24T23:00:00.000Z").as_bytes()
    );
    assert_eq!(read(&vault, 1, &sealed[0]), Err(Unreadable::Purged { at: at() }));
    assert_eq!(read(&vault, 2, &sealed[1]).unwrap(), "note 2");
    drop(vault);
    let vault = Vault::open(folder.path(), keys(&[1])).unwrap();
    assert_eq!(read(&vault, 1, &sealed[0]), Err(Unreadable::Purged { at: at() }));
    assert_eq!(vault.inventory().unwrap().0.purged, 1);
}

#[test]
fn a_master_key_follows_another_and_the_old_one_can_go() {
    let folder = tempfile::tempdir().unwrap();
    let vault = Vault::open(folder.path(), keys(&[1])).unwrap();
    let sealed = seal(&vault, &[1, 2, 3]);
    vault.purge(&[id(3)], at()).unwrap();
    assert_eq!(vault.rotate(keys(&[1])).unwrap(), None, "nothing to do");
    let rotated = vault.rotate(keys(&[2, 1])).unwrap().unwrap();
    assert_eq!((rotated.from, rotated.to, rotated.keys), (vec![master(1).id], master(2).id, 2));
    let later = seal(&vault, &[4]).remove(0);
    drop(vault);
    // What a crash in the middle of another one leaves.
    fs::write(folder.path().join("data-keys.new"), "half").unwrap();
    let vault = Vault::open(folder.path(), keys(&[2])).unwrap();
    assert!(!folder.path().join("data-keys.new").exists());
    assert_eq!(read(&vault, 1, &sealed[0]).unwrap(), "note 1");
    assert_eq!(read(&vault, 4, &later).unwrap(), "note 4");
    assert_eq!(read(&vault, 3, &sealed[2]), Err(Unreadable::Purged { at: at() }));
    // In the place of the old one rather than before it: the running daemon knows both.
    assert_eq!(vault.rotate(keys(&[3])).unwrap().unwrap().keys, 3);
    drop(vault);
    let vault = Vault::open(folder.path(), keys(&[3])).unwrap();
    assert_eq!(read(&vault, 2, &sealed[1]).unwrap(), "note 2");
    assert_eq!(vault.inventory().unwrap().0.by_master.into_iter().collect::<Vec<_>>(), [(master(3).id, 3)]);
}

#[test]
fn what_is_sealed_and_purged_while_the_master_key_is_rotated_is_not_lost() {
    let folder = tempfile::tempdir().unwrap();
    let vault = Vault::open(folder.path(), keys(&[1])).unwrap();
    let old: Vec<u64> = (1..2_000).collect();
    let sealed = seal(&vault, &old);
    std::thread::scope(|scope| {
        let rotation = scope.spawn(|| {
            for seed in 2..8 {
                vault.rotate(keys(&[seed, seed - 1])).unwrap().unwrap();
            }
        });
        let mut number = 2_000;
        while !rotation.is_finished() {
            let one = seal(&vault, &[number]).remove(0);
            assert_eq!(read(&vault, number, &one).unwrap(), format!("note {number}"));
            vault.purge(&[id(number - 1_999)], at()).unwrap();
            number += 1;
        }
        assert!(number > 2_000);
    });
    let inventory = vault.inventory().unwrap().0;
    assert_eq!((inventory.unreadable, inventory.damaged), (0, 0));
    assert_eq!(inventory.by_master.len(), 1, "{inventory:?}");
    drop(vault);
    let vault = Vault::open(folder.path(), keys(&[7])).unwrap();
    let purged = usize::try_from(inventory.purged).unwrap();
    for (index, (number, sealed)) in old.iter().zip(&sealed).enumerate() {
        let expected = if index < purged { Err(Unreadable::Purged { at: at() }) } else { Ok(format!("note {number}")) };
        assert_eq!(read(&vault, *number, sealed), expected);
    }
}

#[test]
fn what_is_sealed_without_a_master_key_is_kept_once_all_is_wrapped_under_one_and_not_before() {
    let folder = tempfile::tempdir().unwrap();
    let before = seal(&Vault::open(folder.path(), keys(&[1])).unwrap(), &[1]).remove(0);
    let vault = Vault::open(folder.path(), MasterKeys::ephemeral([7; 32])).unwrap();
    let meanwhile = seal(&vault, &[2]).remove(0);
    assert!(vault.is_ephemeral() && read(&vault, 1, &before).is_err());
    // The disk does not take the new file.
    fs::create_dir(folder.path().join("data-keys.new")).unwrap();
    vault.rotate(keys(&[1])).unwrap_err();
    assert!(vault.is_ephemeral(), "what came meanwhile is lost with the process still");
    assert_eq!(read(&vault, 1, &before).unwrap(), "note 1");
    fs::remove_dir(folder.path().join("data-keys.new")).unwrap();
    assert_eq!(vault.rotate(keys(&[1])).unwrap().unwrap().keys, 1);
    assert!(!vault.is_ephemeral());
    drop(vault);
    let vault = Vault::open(folder.path(), keys(&[1])).unwrap();
    assert_eq!([read(&vault, 1, &before), read(&vault, 2, &meanwhile)].map(Result::unwrap), ["note 1", "note 2"]);
}

#[test]
fn whatever_stands_in_the_place_of_the_keys_the_daemon_goes_on_and_seals_once_it_is_gone() {
    let spoil: [fn(&Path); 4] = [
        |folder| fs::create_dir(folder.join("data-keys.new")).unwrap(),
        |folder| fifo(&folder.join("lock")),
        |folder| fifo(&folder.join("data-keys")),
        |folder| fs::create_dir(folder.join("data-keys")).unwrap(),
    ];
    for (index, spoil) in spoil.into_iter().enumerate() {
        let (folder, aside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let sealed = seal(&Vault::open(folder.path(), keys(&[1])).unwrap(), &[1]).remove(0);
        let names = ["data-keys", "lock"];
        names.iter().for_each(|name| fs::rename(folder.path().join(name), aside.path().join(name)).unwrap());
        spoil(folder.path());
        if index == 0 {
            names.iter().for_each(|name| fs::rename(aside.path().join(name), folder.path().join(name)).unwrap());
        }
        let vault = Vault::open_or_wait(folder.path(), keys(&[1]));
        assert_eq!(vault.is_read(), index == 0, "{index}");
        if index > 0 {
            assert!(vault.seal(&mut [noted(id(2), "refused")]).is_err() && vault.rotate(keys(&[2])).is_err());
            fs::remove_dir_all(folder.path()).unwrap();
            fs::rename(aside.path(), folder.path()).unwrap();
        }
        assert_eq!(read(&vault, 2, &seal(&vault, &[2]).remove(0)).unwrap(), "note 2");
        assert_eq!(read(&vault, 1, &sealed).unwrap(), "note 1");
    }
    let folder = tempfile::tempdir().unwrap();
    let _held = Vault::open(folder.path(), keys(&[1])).unwrap();
    assert!(!Vault::open_or_wait(folder.path(), keys(&[1])).is_read());
}

fn fifo(path: &Path) {
    assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success());
}

#[test]
fn a_copy_of_the_keys_replaces_an_earlier_copy_and_nothing_else() {
    let (folder, place) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let vault = Vault::open(folder.path(), keys(&[1])).unwrap();
    seal(&vault, &[1, 2]);
    let copy = place.path().join("copy");
    assert_eq!(transfer::export(folder.path(), &copy).unwrap(), Exported { lines: 2, damaged: 0 });
    seal(&vault, &[3]);
    assert_eq!(transfer::export(folder.path(), &copy).unwrap(), Exported { lines: 3, damaged: 0 });
    let (master, pipe) = (place.path().join("master"), place.path().join("pipe"));
    fs::write(&master, "8r1HoHvk7S0cObnkE1RwNnaNoONmmLr3kcLXSxHl76E=\n").unwrap();
    fifo(&pipe);
    for to in [folder.path().join("data-keys"), folder.path().join("lock"), folder.path().join("new"), master, pipe] {
        transfer::export(folder.path(), &to).unwrap_err();
    }
    assert_eq!(file(folder.path()).len(), 3 * LINE);
    assert!(fs::read_to_string(place.path().join("master")).unwrap().starts_with("8r1"));
}

#[test]
fn without_its_master_key_a_key_is_missing_and_further_words_get_another() {
    let folder = tempfile::tempdir().unwrap();
    let vault = Vault::open(folder.path(), keys(&[1])).unwrap();
    let sealed = seal(&vault, &[1, 2]);
    drop(vault);
    let vault = Vault::open(folder.path(), keys(&[2])).unwrap();
    let missing = Unreadable::KeyMissing { key: sealed[0].key, master: Some(master(1).id) };
    assert_eq!(read(&vault, 1, &sealed[0]), Err(missing));
    let (inventory, warning) = vault.inventory().unwrap();
    assert_eq!(inventory.unreadable, 2);
    assert!(warning.unwrap().contains(&master(1).id.to_string()));
    let further = seal(&vault, &[1]).remove(0);
    assert_eq!((further.key.incident, further.key.generation), (id(1), 2));
    assert_eq!(read(&vault, 1, &further).unwrap(), "note 1");
    assert_eq!(vault.rotate(keys(&[2])).unwrap(), None, "what does not open stays as it is");
    assert_eq!(vault.purge(&[id(1)], at()).unwrap(), 2, "both of its keys");
    drop(vault);
    let vault = Vault::open(folder.path(), keys(&[2, 1])).unwrap();
    assert_eq!(read(&vault, 2, &sealed[1]).unwrap(), "note 2", "found again");
}

#[test]
fn a_copy_of_the_keys_brings_back_what_is_missing_and_nothing_that_was_purged() {
    let (folder, copies) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let copy = copies.path().join("keys");
    let vault = Vault::open(folder.path(), keys(&[1])).unwrap();
    let sealed = seal(&vault, &[1, 2, 3]);
    assert_eq!(transfer::export(folder.path(), &copy).unwrap(), Exported { lines: 3, damaged: 0 });
    vault.purge(&[id(1)], at()).unwrap();
    let later = seal(&vault, &[4]).remove(0);
    let none = BTreeSet::new();
    assert!(transfer::import(folder.path(), &copy, &none, None).is_err(), "while it is in use");
    drop(vault);
    let imported = transfer::import(folder.path(), &copy, &none, None).unwrap();
    assert_eq!(imported, Imported { known: 2, purged: 1, ..Imported::default() });
    let vault = Vault::open(folder.path(), keys(&[1])).unwrap();
    assert_eq!(read(&vault, 1, &sealed[0]), Err(Unreadable::Purged { at: at() }));
    assert_eq!(read(&vault, 4, &later).unwrap(), "note 4");
    // Into a new place, where the record alone knows what was purged.
    let fresh = tempfile::tempdir().unwrap();
    let imported = transfer::import(fresh.path(), &copy, &BTreeSet::from([id(1)]), None).unwrap();
    assert_eq!(imported, Imported { added: 2, purged: 1, ..Imported::default() });
    let vault = Vault::open(fresh.path(), keys(&[1])).unwrap();
    assert!(read(&vault, 1, &sealed[0]).is_err());
    assert_eq!(read(&vault, 3, &sealed[2]).unwrap(), "note 3");
    drop(vault);
    let before = file(fresh.path());
    fs::write(&copy, "no keys").unwrap();
    assert!(
        transfer::import(fresh.path(), &copy, &none, None).unwrap_err().to_string().contains("not a copy of data keys")
    );
    assert_eq!(file(fresh.path()), before);
    assert_eq!(
        KeyInventory::of_folder(fresh.path(), None).unwrap().unreadable,
        2,
        "nobody opens them without the master key"
    );
}

#[test]
fn a_damaged_line_of_a_copy_keeps_no_other_back_and_an_earlier_copy_mends_it() {
    let (folder, copies) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (early, late) = (copies.path().join("early"), copies.path().join("late"));
    let vault = Vault::open(folder.path(), keys(&[1])).unwrap();
    let mut sealed = seal(&vault, &[1, 2]);
    transfer::export(folder.path(), &early).unwrap();
    let mut bytes = file(folder.path());
    bytes[LINE + 20] ^= 0x80;
    fs::write(folder.path().join("data-keys"), bytes).unwrap();
    sealed.extend(seal(&vault, &[3]));
    drop(vault);
    assert_eq!(transfer::export(folder.path(), &late).unwrap(), Exported { lines: 3, damaged: 1 });
    fs::OpenOptions::new().append(true).open(&late).unwrap().write_all(b"torn").unwrap();
    let (fresh, none) = (tempfile::tempdir().unwrap(), BTreeSet::new());
    let import = |from: &Path| transfer::import(fresh.path(), from, &none, Some(&keys(&[1]))).unwrap();
    assert_eq!(import(&late), Imported { added: 2, damaged: 2, ..Imported::default() });
    let vault = Vault::open(fresh.path(), keys(&[1])).unwrap();
    assert_eq!(read(&vault, 1, &sealed[0]).unwrap(), "note 1");
    assert!(read(&vault, 2, &sealed[1]).is_err());
    assert_eq!(read(&vault, 3, &sealed[2]).unwrap(), "note 3");
    drop(vault);
    assert_eq!(import(&early), Imported { added: 1, known: 1, ..Imported::default() });
    // In the place where it was damaged too.
    let mended = transfer::import(folder.path(), &early, &none, None).unwrap();
    assert_eq!(mended, Imported { added: 1, known: 1, ..Imported::default() });
    for folder in [fresh.path(), folder.path()] {
        assert_eq!(read(&vault_of(folder), 2, &sealed[1]).unwrap(), "note 2");
    }
}

fn vault_of(folder: &Path) -> Vault {
    Vault::open(folder, keys(&[1])).unwrap()
}

#[test]
fn no_key_is_made_by_a_name_that_the_record_has() {
    let folder = tempfile::tempdir().unwrap();
    let vault = Vault::open(folder.path(), keys(&[1])).unwrap();
    let old = seal(&vault, &[1]).remove(0);
    drop(vault);
    fs::remove_file(folder.path().join("data-keys")).unwrap();
    let vault = Vault::open(folder.path(), keys(&[1])).unwrap();
    assert!(vault.lacks(old.key) && !vault.can_go_on_with(id(1)));
    vault.reserve(DataKeyId { incident: id(1), generation: 3 });
    vault.reserve(old.key);
    let new = seal(&vault, &[1, 2]);
    assert_eq!((new[0].key.generation, new[1].key.generation), (4, 1));
    assert!(!vault.lacks(new[0].key) && vault.can_go_on_with(id(1)));
    let missing = Err(Unreadable::KeyMissing { key: old.key, master: None });
    assert_eq!(read(&vault, 1, &old), missing, "told as missing rather than damaged");
}

#[test]
fn a_key_that_comes_back_beside_another_of_its_name_opens_its_words_again() {
    let (folder, copies) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (copy, none) = (copies.path().join("keys"), BTreeSet::new());
    let vault = Vault::open(folder.path(), keys(&[1])).unwrap();
    let old = seal(&vault, &[1, 2]);
    transfer::export(folder.path(), &copy).unwrap();
    drop(vault);
    // The keys are lost, and nobody tells the vault which names the record has.
    fs::remove_file(folder.path().join("data-keys")).unwrap();
    let vault = Vault::open(folder.path(), keys(&[1])).unwrap();
    let new = seal(&vault, &[1]).remove(0);
    assert_eq!(new.key, old[0].key);
    assert!(read(&vault, 1, &old[0]).is_err());
    drop(vault);
    let import = |masters: &[u8]| transfer::import(folder.path(), &copy, &none, Some(&keys(masters))).unwrap();
    assert_eq!(import(&[1]), Imported { added: 1, beside: 1, ..Imported::default() });
    assert_eq!(import(&[1]), Imported { known: 2, ..Imported::default() }, "once is enough");
    let beside = KeysAtRest::read(folder.path(), keys(&[1])).unwrap();
    let vault = Vault::open(folder.path(), keys(&[1])).unwrap();
    for keys in [&vault as &dyn Opener, &beside] {
        assert_eq!(read(keys, 1, &old[0]).unwrap(), "note 1");
        assert_eq!(read(keys, 1, &new).unwrap(), "note 1");
        assert_eq!(read(keys, 2, &old[1]).unwrap(), "note 2");
    }
    // All are wrapped anew, and still told apart from others by the master keys.
    vault.rotate(keys(&[2, 1])).unwrap().unwrap();
    drop(vault);
    assert_eq!(import(&[2, 1]), Imported { known: 2, ..Imported::default() });
    let vault = Vault::open(folder.path(), keys(&[2])).unwrap();
    assert_eq!(vault.purge(&[id(1)], at()).unwrap(), 2, "both");
    assert!(read(&vault, 1, &old[0]).is_err() && read(&vault, 1, &new).is_err());
    drop(vault);
    assert_eq!(import(&[2, 1]), Imported { known: 1, purged: 1, ..Imported::default() });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn any_words_survive_being_sealed_and_opened(texts in proptest::collection::vec(".{0,300}", 1..6)) {
        let folder = tempfile::tempdir().unwrap();
        let vault = Vault::open(folder.path(), keys(&[1])).unwrap();
        let mut entries: Vec<Entry> = (1..).zip(&texts).map(|(number, text)| noted(id(number), text)).collect();
        vault.seal(&mut entries).unwrap();
        for ((number, text), entry) in (1..).zip(&texts).zip(&entries) {
            prop_assert_eq!(&read(&vault, number, &sealed_of(entry)).unwrap(), text);
        }
    }
}

#[test]
fn a_batch_of_many_incidents_makes_a_key_for_each() {
    let folder = tempfile::tempdir().unwrap();
    let vault = Vault::open(folder.path(), keys(&[1])).unwrap();
    let numbers: Vec<u64> = (1..=20_000).collect();
    let sealed = seal(&vault, &numbers);
    assert_eq!(file(folder.path()).len(), 20_000 * LINE);
    drop(vault);
    let vault = Vault::open(folder.path(), keys(&[1])).unwrap();
    assert_eq!(read(&vault, 20_000, &sealed[19_999]).unwrap(), "note 20000");
}
