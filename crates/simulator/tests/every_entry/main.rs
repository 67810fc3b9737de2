//! Every entry runs: one test for each, in which the real engine connects an account at the simulated provider, reads
//! the credential, refreshes it, calls the API and ends the grant, over real sockets. The simulator judges each call.
//!
//! An entry that cannot be played stands in `left_out.txt` with the reason. It is tried all the same: when it passes,
//! its line is wrong.

mod act;
mod call;
mod compare;
mod left_out;
mod scene;
mod world;

use std::io::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

use catalog::Catalog;
use libtest_mimic::{Arguments, Failed, Trial};
use simulator::Filling;

use crate::scene::Way;
use crate::world::World;

/// Worlds that are free. A test takes one, or makes one, and gives it back.
type Pool = Arc<Mutex<Vec<World>>>;

fn main() {
    let arguments = Arguments::from_args();
    let slugs: Vec<String> = Catalog::embedded().slugs().map(str::to_owned).collect();
    let mut trials =
        vec![Trial::test("the_list_of_those_left_out_names_entries_and_reasons", left_out::check)];
    let pool = Pool::default();
    for slug in slugs {
        let pool = pool.clone();
        trials.push(Trial::test(format!("{slug}_runs"), move || run(&pool, &slug)));
    }
    let is_list = arguments.list;
    let conclusion = libtest_mimic::run(&arguments, trials);
    // Written past the harness, so that the count stands at the end of the log. Lists are read by tools.
    if !is_list {
        let (passed, failed, left_out) = (conclusion.num_passed, conclusion.num_failed, left_out::count());
        let line =
            format!("catalog entries: {passed} tests passed, {failed} failed; {left_out} entries left out");
        writeln!(std::io::stderr(), "{line}").expect("stderr is open");
    }
    conclusion.exit();
}

/// Plays an entry with all fields filled, once more with no more than the needed ones where that differs, once more on
/// another device where that can be chosen, and without lifetimes in its answers where they can be asked for.
fn run(pool: &Pool, slug: &str) -> Result<(), Failed> {
    let taken = pool.lock().unwrap_or_else(PoisonError::into_inner).pop();
    let world = taken.unwrap_or_else(World::new);
    let mut findings = world.play(slug, Filling::Full, Way::Own);
    if findings.is_empty() && scene::differs(slug) {
        let least = world.play(slug, Filling::Least, Way::Own);
        findings.extend(least.into_iter().map(|finding| format!("with the least entered: {finding}")));
    }
    if findings.is_empty() && scene::has_device(slug) {
        let device = world.play(slug, Filling::Full, Way::Device);
        findings.extend(device.into_iter().map(|finding| format!("on another device: {finding}")));
    }
    if findings.is_empty() && scene::has_introspection(slug) {
        for filling in [Filling::Full, Filling::Least] {
            let silent = world.play(slug, filling, Way::Silent);
            findings.extend(silent.into_iter().map(|finding| format!("without lifetimes: {finding}")));
        }
    }
    pool.lock().unwrap_or_else(PoisonError::into_inner).push(world);
    match (left_out::reason(slug), findings.is_empty()) {
        (None, true) | (Some(_), false) => Ok(()),
        (None, false) => Err(findings.join("\n").into()),
        (Some(_), true) => Err("it passes: take it off the list of those left out".into()),
    }
}
