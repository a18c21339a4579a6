// Reads [[tex, display], ...] as JSON and writes the HTML of each.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const katex = (await import(pathToFileURL(process.argv[2]))).default;
const html = JSON.parse(readFileSync(0, "utf8")).map(([tex, displayMode]) => {
  try {
    return katex.renderToString(tex, { displayMode, throwOnError: true, strict: "error" });
  } catch (error) {
    console.error(`In "${tex}": ${error.message}`);
    process.exit(1);
  }
});
process.stdout.write(JSON.stringify(html));
