// People at the pages, in a real browser: a phone at night, a desk with a keyboard alone, another site's forms, paper.

import { createServer } from "node:http";
import { BASE, DESK, PHONE, ask, bigButtons, enterCode, faults, launch, look, must, press, signIn, text, visitor } from "./tools.mjs";

const { incident, words, rivera, chen, desk } = await ask({ story: "all" });

/// From the text message to "I have it", to what was posted, to a note, to a hand-over.
async function phoneAtNight(browser) {
  const page = await visitor(browser, PHONE);
  await page.goto(await ask({ link: rivera.sms }));
  await look(page, "link");
  await bigButtons(page, 56, "I have it", "I can’t");
  must(!(await text(page)).includes(words), "the link alone shows what was posted");
  await press(page, "I have it");
  must((await text(page)).includes("You have it"), `after the press: ${await text(page)}`);
  must((await text(page)).includes("Ready to use: reply"), "no script after the press");
  await look(page, "link-after");
  await press(page, "Photos and videos");
  must((await text(page)).includes("This policy is for all who work here"), "the policy is not shown behind the link");
  await look(page, "link-policy");
  await press(page, "Back to the page");
  await press(page, "See what was posted");
  await look(page, "code");
  await enterCode(page, rivera.email);
  must(page.url() === `${BASE}/incidents/${incident}`, `the code leads to ${page.url()}`);
  must((await text(page)).includes(words), "what was posted is not shown after the code");
  await look(page, "incident-phone");
  await press(page, "Go to the post");
  await look(page, "leaving");
  const referrer = await page.$eval("a.open", (one) => one.rel);
  must(referrer.includes("noreferrer"), `the link to the post says rel="${referrer}"`);
  await press(page, "Back to the incident");
  await page.type("#note", "The post is captured in the folder");
  await press(page, "Save note");
  must((await text(page)).includes("The post is captured in the folder"), "the note is not shown");
  await press(page, "Hand Privacy Office over");
  await page.select("select[name=to]", await optionOf(page, chen.name));
  await press(page, "Ask them to take it over");
  const colleague = await visitor(browser, PHONE);
  await colleague.goto(await ask({ link: chen.sms }));
  must((await text(colleague)).includes(`${rivera.name} asks you to take this over`), await text(colleague));
  await look(colleague, "link-hand-over");
  await press(colleague, "I take it over");
  await page.reload();
  must((await text(page)).includes(`${chen.name} has it for Privacy Office`), `the hand-over does not show:\n${await text(page)}`);
  return page;
}

async function optionOf(page, name) {
  const value = await page.$$eval("select[name=to] option", (all, said) => all.find((one) => one.text.includes(said))?.value, name);
  if (!value) throw new Error(`${name} cannot be chosen`);
  return value;
}

/// Every step by Tab, Enter and letters, with a focus that shows.
async function keyboardAlone(browser) {
  const page = await visitor(browser, DESK);
  await page.goto(`${BASE}/sign-in`);
  await tabTo(page, (one) => one.id === "address");
  await page.keyboard.type(desk);
  await enter(page);
  await tabTo(page, (one) => one.id === "code");
  await page.keyboard.type(await ask({ code: desk }));
  await enter(page);
  must(page.url() === `${BASE}/board`, `by keyboard: ${page.url()}`);
  await tabTo(page, (one, id) => one.tagName === "A" && one.href.endsWith(`/incidents/${id}`), incident);
  await enter(page);
  await tabTo(page, (one) => one.id === "note");
  await page.keyboard.type("Written without a mouse");
  await tabTo(page, (one) => one.value === "note");
  await enter(page);
  must((await text(page)).includes("Written without a mouse"), "a note by keyboard");
  return page;
}

async function enter(page) {
  await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
}

async function tabTo(page, wanted, more) {
  for (let presses = 0; presses < 60; presses += 1) {
    await page.keyboard.press("Tab");
    const source = `(${wanted})(document.activeElement, ${JSON.stringify(more)})`;
    const { there, shown, html } = await page.evaluate((source) => {
      const one = document.activeElement;
      const style = getComputedStyle(one);
      return {
        there: Boolean(eval(source)),
        shown: one === document.body || (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2),
        html: one.outerHTML.slice(0, 120),
      };
    }, source);
    must(shown, `the focus does not show at ${page.url()}: ${html}`);
    if (there) return;
  }
  throw new Error(`Tab never leads to ${wanted} on ${page.url()}`);
}

async function scriptOff(browser) {
  const page = await visitor(browser, PHONE);
  await page.setJavaScriptEnabled(false);
  await signIn(page, chen.email);
  await page.goto(`${BASE}/incidents/${incident}`);
  await page.type("#note", "Written without script");
  await press(page, "Save note");
  must((await text(page)).includes("Written without script"), "a note without script");
}

async function deskLooks(page) {
  for (const [path, name] of [["board", "board"], ["on-call", "on-call"], ["me", "me"], ["policies", "policies"], ["policies/social-media", "policy"], [`incidents/${incident}`, "incident"]]) {
    await page.setViewport(DESK);
    await page.goto(`${BASE}/${path}`);
    await look(page, name);
    await page.setViewport(PHONE);
    await page.goto(`${BASE}/${path}`);
    await look(page, `${name}-phone`);
  }
  await page.setViewport(DESK);
  await page.goto(`${BASE}/board?status=resolved&severity=low`);
  await look(page, "board-empty");
  const stranger = await visitor(page.browser(), PHONE);
  for (const [path, name] of [["sign-in", "sign-in"], ["incidents/00000000", "not-signed-in"], ["a/aaaaaaaaaaaaaaaaaaaaaaaa", "no-link"], ["", "home"]]) {
    await stranger.goto(`${BASE}/${path}`);
    await look(stranger, name);
  }
}

/// The desk opens an incident by the form, resolves it with an outcome, and reopens it.
async function form(page) {
  await page.setViewport(DESK);
  await page.goto(`${BASE}/board`);
  await press(page, "Open an incident");
  await look(page, "new");
  await page.select("#class", "complaint");
  await page.type("#summary", "They waited for four hours");
  await page.type("#involved", "Nobody Known");
  await press(page, "Open it and page now");
  must((await text(page)).includes("Nothing was recorded"), "a name on no roster is taken without a question");
  const kept = await page.$eval("#summary", (one) => one.value);
  must(kept === "They waited for four hours", `the draft is lost: ${kept}`);
  await look(page, "new-errors");
  await page.$eval("#involved", (one) => { one.value = ""; });
  await press(page, "Open it and page now");
  must(/\/incidents\/[0-9A-Z]{8}$/.test(page.url()), `the form leads to ${page.url()}:\n${await text(page)}`);
  must((await text(page)).includes("They waited for four hours"), "what was written is not shown");
  await press(page, "Resolve this incident");
  await page.click("#outcome-handled");
  await page.type("#closing", "Called back");
  await press(page, "Resolve");
  must((await text(page)).includes("resolved: handled"), `not resolved:\n${await text(page)}`);
  await look(page, "resolved");
  await press(page, "Reopen this incident");
  await press(page, "Reopen and page now");
  must((await text(page)).includes("nobody has it yet"), `not reopened:\n${await text(page)}`);
  await look(page, "reopened");
}

async function onPaper(page) {
  await page.goto(`${BASE}/incidents/${incident}`);
  await page.emulateMediaType("print");
  const { forms, said } = await page.evaluate(() => ({
    forms: [...document.querySelectorAll("form, nav, button")].filter((one) => one.checkVisibility()).length,
    said: document.body.innerText,
  }));
  must(forms === 0, `${forms} forms and buttons are printed`);
  must(said.includes(words) && said.includes(incident), "the printed incident lacks what was posted");
  must((await page.pdf()).length > 1_000, "nothing is printed");
  await page.emulateMediaType("screen");
}

/// A page on another origin, on this machine and on another name of it, posts every form with the visitor's own cookies.
async function anotherSite(page) {
  const forms = [
    ["sign-out", { form_token: "x" }],
    [`incidents/${incident}`, { action: "note", note: "FROM ANOTHER SITE", form_token: "x" }],
    [`incidents/${incident}`, { action: "resolve", form_token: "x" }],
    ["sign-in", { address: desk }],
    ["sign-in/code", { code: "123456" }],
    ["sign-in/emergency", { code: "1-ABCD", reason: "x" }],
    ["incidents/new", { class: "complaint", form_token: "x" }],
    ["me", { action: "end-others", form_token: "x" }],
  ];
  const html = (_, answer) => {
    answer.setHeader("content-type", "text/html");
    const inputs = (fields) => Object.entries(fields).map(([name, value]) => `<input name="${name}" value="${value}">`).join("");
    answer.end(forms.map(([path, fields]) => `<form method="post" action="${BASE}/${path}">${inputs(fields)}<button>x</button></form>`).join(""));
  };
  const server = createServer(html).listen(0, "127.0.0.1");
  await new Promise((listening) => server.once("listening", listening));
  const visit = await page.browserContext().newPage();
  for (const host of ["127.0.0.1", "localhost"]) {
    for (let number = 0; number < forms.length; number += 1) {
      await visit.goto(`http://${host}:${server.address().port}/`);
      const buttons = await visit.$$("button");
      const [answer] = await Promise.all([visit.waitForNavigation(), buttons[number].click()]);
      must(answer.status() === 403, `${host}: a form of another site to ${forms[number][0]} is answered ${answer.status()}`);
    }
  }
  await visit.close();
  server.close();
  await page.goto(`${BASE}/incidents/${incident}`);
  const now = await text(page);
  must(now.includes(words) && !now.includes("FROM ANOTHER SITE"), "another site's form changed something");
}

const LONGEST = 200_000;
setTimeout(() => {
  console.error(`it did not end in ${LONGEST / 1_000} s\n${faults.join("\n")}`);
  process.exit(1);
}, LONGEST);

const browser = await launch();
try {
  const phone = await phoneAtNight(browser);
  const keyboard = await keyboardAlone(browser);
  await scriptOff(browser);
  await deskLooks(keyboard);
  await form(keyboard);
  await onPaper(keyboard);
  await anotherSite(keyboard);
  await phone.close();
  const other = await visitor(browser, DESK);
  await signIn(other, desk);
  await press(other, "Sign out");
  await look(other, "signed-out");
} catch (error) {
  faults.push(String(error.stack ?? error));
} finally {
  await browser.close();
}
if (faults.length > 0) {
  console.error(faults.join("\n"));
  process.exit(1);
}
process.exit(0);
