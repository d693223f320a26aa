use alloc::collections::VecDeque;

use super::*;

fn entry(id: u64, number: u64) -> Entry {
    // A hash of which few bits differ, so that many ids have one home.
    let id = DedupId([((id % 7) << 29) | ((id % 3) << 62), id]);
    Entry { id, number, ..Entry::default() }
}

/// Random steps on the table and on a plain queue of ids.
#[test]
fn it_holds_what_a_plain_queue_holds() {
    let (mut table, mut plain) = (Table::default(), VecDeque::<Entry>::new());
    let mut random = 1_u64;
    for number in 0..20_000 {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let entry = entry((random >> 33) % 400, number);
        let known = plain.iter().position(|other| other.id == entry.id);
        let found = table.find(entry.id);
        assert_eq!(
            found.map(|place| table.get(place).number),
            known.map(|nth: usize| plain[nth].number)
        );
        match (random >> 20) % 16 {
            0..9 => {
                if known.is_none() {
                    if table.is_full() {
                        table.grow().expect("there is memory");
                    }
                    table.push(entry);
                    plain.push_back(entry);
                }
            }
            9..14 => {
                table.pop();
                plain.pop_front();
            }
            14 => {
                if let (Some(place), Some(nth)) = (found, known) {
                    table.replace(place, entry);
                    plain[nth] = entry;
                }
            }
            _ => {
                if random >> 60 == 0 {
                    table.retain(|entry| entry.number % 2 == 0);
                    plain.retain(|entry| entry.number % 2 == 0);
                }
                table.shrink();
            }
        }
        table.look_ahead();
        Table::will_find(entry.id, table.index());
        assert_eq!(table.len(), plain.len());
        assert_eq!(table.oldest().map(|oldest| oldest.number), plain.front().map(|it| it.number));
        if number % 64 == 0 {
            assert!(table.entries().map(|it| it.number).eq(plain.iter().map(|it| it.number)));
        }
    }
}

#[test]
fn an_id_takes_at_most_110_bytes() {
    let mut table = Table::default();
    for number in 0..100_000_u64 {
        let id = DedupId([number.wrapping_mul(0x9e37_79b9_7f4a_7c15), number]);
        if table.is_full() {
            table.grow().expect("there is memory");
        }
        table.push(Entry { id, ..entry(0, number) });
        assert!(table.len() < 64 || table.bytes() <= 110 * table.len(), "{}", table.len());
    }
    while table.len() > 100 {
        table.pop();
    }
    table.shrink();
    assert!(table.bytes() <= 110 * 400);
}
