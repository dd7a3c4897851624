// Parse the workflows named on the command line as GitHub does; exit status 1 when it refuses one.
import { readFileSync } from "node:fs";
import { register } from "node:module";

register("./as_json.mjs", import.meta.url);
const { NoOperationTraceWriter, convertWorkflowTemplate, parseWorkflow } = await import(
  "@actions/workflow-parser"
);

let count = 0;
for (const path of process.argv.slice(2)) {
  const file = { name: path, content: readFileSync(path, "utf8") };
  const parsed = parseWorkflow(file, new NoOperationTraceWriter());
  if (parsed.value) await convertWorkflowTemplate(parsed.context, parsed.value, undefined, {});
  for (const message of new Set(parsed.context.errors.getErrors().map((each) => each.message))) {
    console.log(`${message} [parser]`);
    count += 1;
  }
}
process.exit(count ? 1 : 0);
