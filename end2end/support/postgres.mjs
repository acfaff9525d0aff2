// PostgreSQL as Debian installs it.

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Of the newest version that is installed. */
function postgresProgram(name) {
  const versions = existsSync('/usr/lib/postgresql') ? readdirSync('/usr/lib/postgresql') : [];
  const newest = versions.sort((a, b) => Number(a) - Number(b)).at(-1);
  if (newest === undefined) throw new Error("PostgreSQL is not installed: run `make setup-cluster` (Debian's package postgresql)");
  return join('/usr/lib/postgresql', newest, 'bin', name);
}

/** Program and arguments. PostgreSQL refuses to run as root: then it runs as Debian's user for it. */
export function postgresCommand(name, args) {
  const program = postgresProgram(name);
  if (process.getuid() !== 0) return [program, args];
  return ['setpriv', ['--reuid=postgres', '--regid=postgres', '--clear-groups', program, ...args]];
}
