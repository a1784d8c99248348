//! The service under a real systemd: a Debian 12 made by `debootstrap` and booted by `systemd-nspawn`, with a network of its
//! own. Wardbell is installed there as `deploy/README.md` says, by its own commands, and then meets what a server meets.
//! After each of these, pages go out. It needs root, and is skipped in one line where a machine cannot be booted.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

#[path = "../black_box/tools.rs"]
#[allow(dead_code, reason = "the rest of it is used by the black box")]
mod tools;

mod install;
mod machine;
mod service;
mod stages;
#[allow(dead_code, unused_imports, reason = "each of the programs that include it uses a part of it")]
#[path = "../support/mod.rs"]
mod support;

use machine::Machine;

#[test]
fn installed_by_the_documents_own_commands_pages_go_out_whatever_happens_to_the_service() {
    let began = std::time::Instant::now();
    let machine = match Machine::boot() {
        Ok(machine) => machine,
        Err(machine::Unable::Lacks(what)) => return tools::skip("systemd", &format!("there is no {what}")),
        // Where containers may not be nested, nothing can be installed against that: on CI too.
        Err(machine::Unable::Refused(why)) => return eprintln!("SKIPPED systemd: no machine boots here: {why}"),
    };
    println!("systemd: booted: {:.1?}", began.elapsed());
    // A thread of its own, because it moves into the machine's network for good.
    let ended = std::thread::scope(|scope| {
        let told = scope.spawn(|| {
            machine.enter_network();
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
            runtime.block_on(stages::all(&machine));
        });
        told.join()
    });
    if ended.is_err() {
        panic!("failed, as told above\n{}", machine.run("journalctl --unit wardbell --no-pager --lines 60").text);
    }
}
