//! The style sheet: small, and legible in both schemes.

use std::collections::HashMap;

use wardbell::web::style::CSS;

#[test]
fn the_style_sheet_is_small_and_loads_nothing() {
    assert!(CSS.len() < 8 * 1_024, "{} bytes", CSS.len());
    for word in ["url(", "@import", "@font-face", "</"] {
        assert!(!CSS.contains(word), "{word}");
    }
}

/// WCAG 2.2: text needs 4.5 to 1 (1.4.3), the edges of buttons and fields 3 to 1 (1.4.11).
#[test]
fn every_pair_of_colours_passes_in_both_schemes() {
    let (light, dark) = CSS.split_once("@media (prefers-color-scheme: dark)").expect("there is a dark scheme");
    let light = colours(light.split_once('}').unwrap().0);
    let mut in_dark = light.clone();
    in_dark.extend(colours(dark.split_once('}').unwrap().0));
    let hues = ["critical", "high", "moderate", "low", "plain"];
    let mut pairs = vec![
        ("ink", "ground", 4.5),
        ("soft", "ground", 4.5),
        ("accent", "ground", 4.5),
        ("on-accent", "accent", 4.5),
        ("critical", "ground", 4.5),
        ("ink", "calm", 4.5),
        ("ink", "alarm", 4.5),
        ("ground", "ink", 4.5),
        ("line", "ground", 3.0),
        ("low", "calm", 3.0),
        ("critical", "alarm", 3.0),
    ];
    check("light", &light, &pairs);
    check("light", &light, &hues.map(|hue| ("on-hue", hue, 4.5)));
    // In the dark the bar is as dark as the page, and the hue is its text and its edge.
    pairs.extend(hues.map(|hue| (hue, "ground", 4.5)));
    check("dark", &in_dark, &pairs);
}

#[track_caller]
fn check(scheme: &str, colours: &HashMap<String, f64>, pairs: &[(&str, &str, f64)]) {
    for (front, back, wanted) in pairs {
        let (a, b) = (colours[*front], colours[*back]);
        let ratio = (a.max(b) + 0.05) / (a.min(b) + 0.05);
        assert!(ratio >= *wanted, "{scheme}: {front} on {back} has {ratio:.2}, not {wanted}");
    }
}

/// The relative luminance of each custom property that is a colour.
fn colours(block: &str) -> HashMap<String, f64> {
    let properties = block.split(';').filter_map(|one| one.rsplit_once("--")?.1.split_once(": #"));
    properties.map(|(name, hex)| (name.to_owned(), luminance(hex.trim()))).collect()
}

fn luminance(hex: &str) -> f64 {
    let channel = |at: usize| {
        let value = f64::from(u8::from_str_radix(&hex[at..at + 2], 16).unwrap()) / 255.0;
        if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * channel(0) + 0.7152 * channel(2) + 0.0722 * channel(4)
}
