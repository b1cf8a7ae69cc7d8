// Copies the few files the application serves out of node_modules, with their licences, and writes
// app/static/vendor/manifest.json: for each copy its SHA-256, size, package, version and licence.
// Run by `make assets` after `npm ci --ignore-scripts`; the copies are committed, so nobody needs node to run
// or to test the application. tests/architecture/test_vendored_assets.py re-checks the hashes.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const modules = join(here, "node_modules");
const app = join(here, "..", "app");
const VENDOR = "static/vendor";
const PDF_FONTS = "giving/typst/fonts";

// package → licence (SPDX), the licence's file, and each [source in the package, copy under app/]
const COPIES = {
  "htmx.org": {
    licence: "0BSD", licenceFile: "LICENSE", home: `${VENDOR}/htmx`,
    files: [["dist/htmx.min.js", `${VENDOR}/htmx/htmx.min.js`]],
  },
  "@github/combobox-nav": {
    licence: "MIT", licenceFile: "LICENSE", home: `${VENDOR}/combobox-nav`,
    files: [["dist/index.js", `${VENDOR}/combobox-nav/combobox-nav.js`]],
  },
  "chart.js": {
    licence: "MIT", licenceFile: "LICENSE.md", home: `${VENDOR}/chart`,
    files: [["dist/chart.umd.min.js", `${VENDOR}/chart/chart.umd.min.js`]],
  },
  "@kurkle/color": { // bundled inside chart.umd.min.js
    licence: "MIT", licenceFile: "LICENSE.md", home: `${VENDOR}/chart/kurkle-color`, files: [],
  },
  "@tabler/icons": { licence: "MIT", licenceFile: "LICENSE", home: `${VENDOR}/icons`, files: [] },
  "@fontsource-variable/inter": {
    licence: "OFL-1.1", licenceFile: "LICENSE", home: `${VENDOR}/fonts/inter`,
    files: [
      ["files/inter-latin-wght-normal.woff2", `${VENDOR}/fonts/inter/inter-latin.woff2`],
      ["files/inter-latin-ext-wght-normal.woff2", `${VENDOR}/fonts/inter/inter-latin-ext.woff2`],
    ],
  },
  "@fontsource-variable/noto-sans-devanagari": {
    licence: "OFL-1.1", licenceFile: "LICENSE", home: `${VENDOR}/fonts/noto-sans-devanagari`,
    files: [[
      "files/noto-sans-devanagari-devanagari-wght-normal.woff2",
      `${VENDOR}/fonts/noto-sans-devanagari/noto-sans-devanagari.woff2`,
    ]],
  },
  "@expo-google-fonts/noto-sans": {
    licence: "OFL-1.1", licenceFile: "LICENSE_FONT", home: PDF_FONTS, licenceName: "LICENSE-NotoSans.txt",
    files: [
      ["400Regular/NotoSans_400Regular.ttf", `${PDF_FONTS}/NotoSans-Regular.ttf`],
      ["700Bold/NotoSans_700Bold.ttf", `${PDF_FONTS}/NotoSans-Bold.ttf`],
    ],
  },
  "@expo-google-fonts/noto-sans-devanagari": {
    licence: "OFL-1.1", licenceFile: "LICENSE_FONT", home: PDF_FONTS,
    licenceName: "LICENSE-NotoSansDevanagari.txt",
    files: [
      ["400Regular/NotoSansDevanagari_400Regular.ttf", `${PDF_FONTS}/NotoSansDevanagari-Regular.ttf`],
      ["700Bold/NotoSansDevanagari_700Bold.ttf", `${PDF_FONTS}/NotoSansDevanagari-Bold.ttf`],
    ],
  },
};

const manifest = [];

/** Writes one copy under app/ and notes it in the manifest. */
function put(path, content, { name, version, licence }) {
  const target = join(app, path);
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, content);
  manifest.push({
    path,
    sha256: createHash("sha256").update(content).digest("hex"),
    bytes: Buffer.byteLength(content),
    package: name,
    version,
    licence,
  });
}

/** One <symbol> for each name of icons.txt; colour and line come from the page's own CSS. */
function sprite() {
  const names = readFileSync(join(here, "icons.txt"), "utf8").split("\n")
    .filter((line) => line && !line.startsWith("#"));
  const symbols = names.map((name) => {
    const source = readFileSync(join(modules, "@tabler/icons/icons/outline", `${name}.svg`), "utf8");
    const shapes = source.replace(/^[\s\S]*?<svg[^>]*>/, "").replace(/<\/svg>[\s\S]*$/, "")
      .replace(/<path stroke="none" d="M0 0h24v24H0z" fill="none" ?\/>/, "").replace(/>\s+</g, "><").trim();
    return `<symbol id="${name}" viewBox="0 0 24 24">${shapes}</symbol>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg">\n${symbols.join("\n")}\n</svg>\n`;
}

rmSync(join(app, VENDOR), { recursive: true, force: true });
rmSync(join(app, PDF_FONTS), { recursive: true, force: true });
for (const [name, { licence, licenceFile, licenceName, home, files }] of Object.entries(COPIES)) {
  const { version } = JSON.parse(readFileSync(join(modules, name, "package.json"), "utf8"));
  const origin = { name, version, licence };
  for (const [source, path] of files) put(path, readFileSync(join(modules, name, source)), origin);
  put(`${home}/${licenceName ?? "LICENSE.txt"}`, readFileSync(join(modules, name, licenceFile)), origin);
  if (name === "@tabler/icons") put(`${home}/icons.svg`, sprite(), origin);
}
manifest.sort((a, b) => (a.path < b.path ? -1 : 1));
writeFileSync(join(app, VENDOR, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
console.log(`${manifest.length} files copied`);
