/**
 * Lint rules of this project's own.
 *
 * @module
 */

/**
 * The modules that may start processes: of the system's programs, of our daemons, and of whatever packaging and tests
 * run.
 */
const MAY_START_PROGRAMS = [
  "lib/run_command.ts",
  "lib/run_attached.ts",
  "lib/daemon/spawn.ts",
  "lib/daemon/probe_process.ts",
  "packaging/command.ts",
];

/** The modules that may end their process: the entrypoints. */
const MAY_EXIT =
  /\/(?:cmd\/\w+|packaging\/(?:compile|dist|package|run_checkout|sign)|tests\/lab\/enter|tests\/demo\/demo)\.ts$/;

const plugin: Deno.lint.Plugin = {
  name: "one-tproxy",
  rules: {
    "commands-in-one-module": {
      create(context) {
        if (MAY_START_PROGRAMS.some((path) => context.filename.endsWith(`/${path}`))) return {};
        const message =
          "lib/run_command.ts runs the system's programs, lib/daemon/spawn.ts daemons, packaging/command.ts what tests need";
        return {
          'MemberExpression[object.name="Deno"][property.name="Command"]'(node) {
            context.report({ node, message });
          },
          "ImportDeclaration[source.value=/child_process$/]"(node) {
            context.report({ node, message });
          },
        };
      },
    },
    "exit-in-entrypoints": {
      create(context) {
        if (MAY_EXIT.test(context.filename)) return {};
        return {
          'MemberExpression[object.name="Deno"][property.name="exit"]'(node) {
            context.report({ node, message: "Only the entrypoints in cmd/ end their process" });
          },
        };
      },
    },
  },
};

export default plugin;
