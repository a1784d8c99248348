// What every walk needs: a browser, answers from the story that started it, and the judge of a page.

import { createRequire } from "node:module";
import { mkdirSync, readFileSync } from "node:fs";
import path from "node:path";
import readline from "node:readline";

const require = createRequire(path.join(process.env.WARDBELL_MODULES, "x.js"));
const puppeteer = require("puppeteer-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

export const BASE = process.env.WARDBELL_BASE;

/// What is wrong, in words; the walk goes on and fails at its end.
export const faults = [];

export const PHONE = { width: 360, height: 640, deviceScaleFactor: 2, isMobile: true, hasTouch: true };
export const DESK = { width: 1280, height: 900 };

const lines = readline.createInterface({ input: process.stdin })[Symbol.asyncIterator]();

/// Asks the story for something that arrived elsewhere: a link in a text, a code in a mail.
export async function ask(question) {
  process.stdout.write(`${JSON.stringify(question)}\n`);
  const { value, done } = await lines.next();
  if (done) throw new Error(`no answer to ${JSON.stringify(question)}`);
  return JSON.parse(value);
}

export function must(holds, words) {
  if (!holds) faults.push(words);
}

export async function launch() {
  return puppeteer.launch({
    executablePath: process.env.WARDBELL_CHROMIUM,
    args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
  });
}

/// A visitor with cookies of their own.
export async function visitor(browser, viewport) {
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  await page.setViewport(viewport);
  page.on("request", (request) => {
    const from = new URL(request.url()).origin;
    must(from === BASE || request.url().startsWith("data:"), `${page.url()} loads ${request.url()}`);
  });
  return page;
}

export const text = (page) => page.evaluate(() => document.body.innerText);

/// Goes where a press leads, and waits until it is there.
export async function press(page, words) {
  const found = await page.evaluateHandle((wanted) => {
    const all = [...document.querySelectorAll("button, a, summary")];
    const said = (one) => one.innerText.replace(/\s+/g, " ").trim();
    return all.find((one) => one.checkVisibility() && said(one) === wanted) ??
      all.find((one) => one.checkVisibility() && said(one).startsWith(wanted)) ?? null;
  }, words);
  const element = found.asElement();
  if (!element) throw new Error(`no "${words}" on ${page.url()}:\n${await text(page)}`);
  if (await element.evaluate((one) => one.tagName === "SUMMARY")) return element.click();
  await Promise.all([page.waitForNavigation(), element.click()]);
}

export async function enterCode(page, address) {
  await page.type("#code", await ask({ code: address }));
  await press(page, "Sign in");
}

export async function signIn(page, address) {
  await page.goto(`${BASE}/sign-in`);
  await page.type("#address", address);
  await press(page, "Send me a code");
  await enterCode(page, address);
  must(page.url() === `${BASE}/board`, `${address} is signed in and sees ${page.url()}`);
}

/// Judges the page as it is in both schemes, on a narrow screen with large text, and as a picture for the README.
export async function look(page, name) {
  const viewport = page.viewport();
  for (const scheme of ["light", "dark"]) {
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => axe.run(document, { resultTypes: ["violations"] }));
    for (const { id, help, nodes } of violations) {
      faults.push(`${name}, ${scheme}: ${id}: ${help}\n    ${nodes.map((node) => node.html).join("\n    ")}`);
    }
    await picture(page, `${name}-${scheme}`);
  }
  await page.emulateMediaFeatures([]);
  const { scripts, wide } = await page.evaluate(() => ({
    scripts: document.querySelectorAll("script[src]").length,
    wide: document.documentElement.scrollWidth - innerWidth,
  }));
  must(scripts === 0, `${name} asks for a script`);
  must(wide <= 0, `${name} is ${wide} px wider than its screen of ${viewport.width}`);
  await page.setViewport({ ...viewport, width: 320 });
  const over = await page.evaluate(() => {
    document.documentElement.style.fontSize = "200%";
    const out = document.documentElement.scrollWidth - innerWidth;
    const wide = [...document.body.querySelectorAll("*")].filter((one) => one.getBoundingClientRect().right > innerWidth + 1);
    return { out, wide: wide.slice(0, 3).map((one) => one.outerHTML.slice(0, 160)) };
  });
  must(over.out <= 0, `${name} is ${over.out} px wider than a screen of 320 with text of 200%: ${over.wide.join("\n    ")}`);
  await picture(page, `${name}-320`);
  await page.evaluate(() => document.documentElement.style.removeProperty("font-size"));
  await page.setViewport(viewport);
}

/// Buttons that a thumb must find.
export async function bigButtons(page, height, ...words) {
  for (const wanted of words) {
    const size = await page.evaluate((said) => {
      const found = [...document.querySelectorAll("button")].find((one) => one.innerText.startsWith(said));
      return found?.getBoundingClientRect().height ?? 0;
    }, wanted);
    must(size >= height, `"${wanted}" is ${size} px high`);
  }
}

/// The README shows these. `WARDBELL_README_PICTURES=$PWD/deploy/pictures cargo test --test black_box -- real_browser`
/// takes them again.
const IN_README = { "board-light": "board", "incident-phone-light": "incident-phone", "new-light": "open-form" };

export async function picture(page, name) {
  const readme = process.env.WARDBELL_README_PICTURES;
  if (readme && IN_README[name]) await page.screenshot({ path: path.join(readme, `${IN_README[name]}.png`) });
  const folder = process.env.WARDBELL_PICTURES;
  if (!folder) return;
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: path.join(folder, `${name}.png`) });
}
