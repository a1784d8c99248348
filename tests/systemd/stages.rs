//! What the service meets, one after another. Each stage ends with pages going out.

use std::fs;
use std::time::{Duration, Instant, SystemTime};

use crate::install::{self, commands, type_in};
use crate::machine::Machine;
use crate::service::{BOTH, By, PROTECTED, Service};
use crate::support::{Behaviour, Target};

/// `TimeoutStopSec` of the unit.
const STOPS_WITHIN: Duration = Duration::from_secs(30);

pub async fn all(machine: &Machine) {
    let service = Service::new(machine).await;
    let mut last = Instant::now();
    let mut took = |stage: &str| {
        println!("systemd: {stage}: {:.1?}", last.elapsed());
        last = Instant::now();
    };
    installed_and_started(&service).await;
    took("installed and started");
    drills(&service).await;
    took("the drills of the document");
    reloaded(&service).await;
    took("reloaded");
    killed(&service).await;
    took("killed");
    stopped_by_a_signal_and_seen_by_the_watchdog(&service).await;
    took("seen by the watchdog");
    told_to_end(&service).await;
    took("told to end while providers hang");
    on_a_full_disk(&service).await;
    took("restarted on a full disk");
    restarted_with_a_broken_roster(&service).await;
    took("restarted with a broken roster");
    restarted_without_a_secret(&service).await;
    took("restarted without a secret");
    upgraded(&service).await;
    took("upgraded");
    locked_down_and_silent(&service);
    took("looked at");
}

async fn installed_and_started(service: &Service<'_>) {
    install::install(service.machine);
    assert_eq!(service.property("ActiveState"), "active");
    assert_eq!((service.property("Type"), service.property("NRestarts")), ("notify".into(), "0".into()));
    let (status, text) = service.readiness().await;
    assert_eq!(status, 200, "ready when systemd calls it started: {text}");
    service.pages(BOTH).await;
}

/// Steps 9 and 10, without the minutes that they wait.
async fn drills(service: &Service<'_>) {
    let [send, look] = &commands(9)[..] else { panic!("step 9 sends a drill and looks at it") };
    let id = |answer: &str| {
        let json = answer.lines().find_map(|line| line.find('{').map(|at| &line[at..])).unwrap();
        serde_json::from_str::<serde_json::Value>(json).unwrap()["id"].as_str().unwrap().to_owned()
    };
    let first = id(&type_in(service.machine, send));
    let page = service.page(&first, By::Text, SystemTime::UNIX_EPOCH).await;
    service.press(&page, "acknowledge").await;
    // "The shell of step 6" is still open.
    let shell: String = commands(6)[0].lines().take(2).map(|line| format!("{line}\n")).collect();
    let seen = type_in(service.machine, &format!("{shell}{}", look.replace(" ID", &format!(" {first}"))));
    assert!(seen.contains("First drill"), "{seen}");
    let second = id(&type_in(service.machine, &send.replace("unclassified", "emergency-care-request")));
    for by in BOTH {
        service.page(&second, *by, SystemTime::UNIX_EPOCH).await;
    }
    service.resolve(&second).await;
    type_in(service.machine, &format!("{shell}{}", commands(10).join("\n")));
    service.pages(BOTH).await;
}

/// A new phone number holds from the reload on; a broken roster changes nothing.
async fn reloaded(service: &Service<'_>) {
    let id = service.incident().await;
    let page = service.page(&id, By::Text, SystemTime::UNIX_EPOCH).await;
    service.resolve(&id).await;
    let old = page.sms().unwrap().to.clone();
    let new = "+13125550999";
    service.machine.succeed(&format!("sed -i 's/{}/{new}/' /etc/wardbell/rosters/*.toml", old.replace('+', "\\+")));
    service.machine.succeed("systemctl reload wardbell");
    let id = service.incident().await;
    let is_new = |message: &crate::support::Message| message.is_to(new) && message.text().contains(&id);
    service.shared.inbox().wait_for(is_new, Duration::from_secs(10)).await.expect("a page to the new number");
    service.resolve(&id).await;
    let roster = service.machine.file("/etc/wardbell/rosters/legal.toml");
    let good = fs::read_to_string(&roster).unwrap();
    fs::write(&roster, format!("primry = 1\n{good}")).unwrap();
    service.machine.succeed("systemctl reload wardbell");
    service.pages(BOTH).await;
    fs::write(&roster, good).unwrap();
    service.machine.succeed("systemctl reload wardbell");
    service.wait_until_ready().await;
    service.pages(BOTH).await;
}

/// What was open climbs on.
async fn killed(service: &Service<'_>) {
    let open = service.incident().await;
    service.page(&open, By::Text, SystemTime::UNIX_EPOCH).await;
    let killed = SystemTime::now();
    let took = service.restarted_after("kill -9 $MAINPID").await;
    println!("systemd: running {took:.1?} after a kill");
    service.page(&open, By::Text, killed).await;
    service.resolve(&open).await;
    service.pages(BOTH).await;
}

async fn stopped_by_a_signal_and_seen_by_the_watchdog(service: &Service<'_>) {
    let folder = "/etc/systemd/system/wardbell.service.d";
    let (with, without) = (
        format!("mkdir -p {folder}\nprintf '[Service]\\nWatchdogSec=5s\\n' > {folder}/watchdog.conf\n"),
        format!("rm {folder}/watchdog.conf\n"),
    );
    let (reload, restart) = ("systemctl daemon-reload\n", "systemctl restart wardbell\n");
    service.machine.succeed(&format!("{with}{reload}{restart}"));
    let open = service.incident().await;
    service.page(&open, By::Text, SystemTime::UNIX_EPOCH).await;
    let stopped = SystemTime::now();
    let took = service.restarted_after("kill -STOP $MAINPID").await;
    println!("systemd: running {took:.1?} after it was stopped, with a watchdog of 5 s");
    service.page(&open, By::Text, stopped).await;
    service.resolve(&open).await;
    service.machine.succeed(&format!("{without}{reload}{restart}"));
    assert_eq!(service.property("WatchdogUSec"), "30s");
    service.pages(BOTH).await;
}

/// With both providers hanging it ends by itself, in time; what was not sent is sent after the start.
async fn told_to_end(service: &Service<'_>) {
    for target in [Target::Mail, Target::Sms] {
        service.shared.behave(target, Behaviour::Hang);
    }
    let open = service.incident().await;
    let is_tried = |attempt: &crate::support::Attempt| attempt.channel == crate::support::Channel::Sms;
    service.shared.inbox().clear();
    service.shared.inbox().wait_for_attempt(is_tried, Duration::from_secs(10)).await.expect("an attempt");
    let began = Instant::now();
    service.machine.succeed("systemctl stop wardbell");
    let took = began.elapsed();
    println!("systemd: stopped after {took:.1?}");
    assert!(took < STOPS_WITHIN, "{took:?}");
    // Where systemd has to kill it, the result is `timeout`.
    assert_eq!((service.property("Result"), service.property("ExecMainStatus")), ("success".into(), "0".into()));
    service.shared.behave_well();
    let started = SystemTime::now();
    service.machine.succeed("systemctl start wardbell");
    service.page(&open, By::Text, started).await;
    service.resolve(&open).await;
    service.pages(BOTH).await;
}

async fn on_a_full_disk(service: &Service<'_>) {
    let open = service.incident().await;
    service.page(&open, By::Text, SystemTime::UNIX_EPOCH).await;
    let state = "/var/lib/private/wardbell";
    service.machine.succeed(&format!(
        "systemctl stop wardbell\n\
         cp --archive {state} /root/state\n\
         mount -t tmpfs -o size=128m,mode=0700 tmpfs {state}\n\
         cp --archive /root/state/. {state}/\n\
         head -c 1G /dev/zero > {state}/filler || true\n"
    ));
    let started = SystemTime::now();
    service.machine.succeed("systemctl start wardbell");
    service.page(&open, By::Text, started).await;
    let (status, answer) = service.send().await;
    assert_eq!(status, 503, "{answer}");
    service.machine.succeed(&format!("rm {state}/filler"));
    service.wait_until_ready().await;
    service.resolve(&open).await;
    service.pages(BOTH).await;
}

/// On the plan that was in force before, and red, until the roster is mended.
async fn restarted_with_a_broken_roster(service: &Service<'_>) {
    let open = service.incident().await;
    service.page(&open, By::Text, SystemTime::UNIX_EPOCH).await;
    let roster = service.machine.file("/etc/wardbell/rosters/legal.toml");
    let good = fs::read_to_string(&roster).unwrap();
    fs::write(&roster, format!("primry = 1\n{good}")).unwrap();
    let restarted = SystemTime::now();
    service.machine.succeed("systemctl restart wardbell");
    service.page(&open, By::Text, restarted).await;
    service.resolve(&open).await;
    let (status, text) = service.readiness().await;
    assert!(status == 503 && text.contains("rosters/legal.toml"), "{status}: {text}");
    service.pages(BOTH).await;
    fs::write(&roster, good).unwrap();
    service.machine.succeed("systemctl reload wardbell");
    service.wait_until_ready().await;
    service.pages(BOTH).await;
}

/// By the other channel, and red, until the secret is there again and the service is restarted.
async fn restarted_without_a_secret(service: &Service<'_>) {
    let secret = "/etc/wardbell/secrets/twilio-token";
    service.machine.succeed(&format!("mv {secret} /root/\nsystemctl restart wardbell\n"));
    let (status, text) = service.readiness().await;
    assert!(status == 503 && text.contains("twilio-token"), "{status}: {text}");
    service.pages(&[By::Mail]).await;
    service.machine.succeed(&format!("mv /root/twilio-token {secret}\nsystemctl restart wardbell\n"));
    service.wait_until_ready().await;
    service.pages(BOTH).await;
}

async fn upgraded(service: &Service<'_>) {
    let open = service.incident().await;
    service.page(&open, By::Text, SystemTime::UNIX_EPOCH).await;
    let upgraded = SystemTime::now();
    install::upgrade(service.machine);
    let runs = format!("/proc/{}/exe", service.property("MainPID"));
    service.machine.succeed(&format!("cmp {runs} /usr/bin/wardbell\ntail -c 15 {runs} | grep -x 'a newer version'\n"));
    service.page(&open, By::Text, upgraded).await;
    service.resolve(&open).await;
    service.pages(BOTH).await;
}

/// What `systemd-analyze` says of it, and what stands in no log.
fn locked_down_and_silent(service: &Service<'_>) {
    let analysis = service.machine.succeed("systemd-analyze security wardbell --no-pager");
    let level = analysis.lines().find_map(|line| line.split("exposure level for wardbell.service: ").nth(1)).unwrap();
    println!("systemd: exposure {level}");
    let level: f64 = level.split_whitespace().next().unwrap().parse().unwrap();
    assert!(level <= 1.1, "{analysis}");

    let journal = service.machine.succeed("journalctl --boot --all --output export --no-pager");
    assert!(journal.contains("_SYSTEMD_UNIT=wardbell.service"), "it logs to the journal");
    let mut silent: Vec<String> = PROTECTED.iter().map(|word| (*word).to_owned()).collect();
    for file in fs::read_dir(service.machine.file("/etc/wardbell/secrets")).unwrap() {
        silent.push(service.secret(file.unwrap().file_name().to_str().unwrap()));
    }
    let links = service.shared.inbox().links();
    assert!(!links.is_empty());
    silent.extend(links.iter().map(|link| link.rsplit('/').next().unwrap().to_owned()));
    for words in silent {
        assert!(!journal.contains(words.trim()), "the journal says {words}");
    }
}
