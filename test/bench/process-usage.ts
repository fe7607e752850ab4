import { readFile } from 'node:fs/promises';

/** What Linux says a process has used: processor time in milliseconds, and memory now in MB. */
export type Usage = { at: number; cpuMs: number; rssMb: number };

/** Ticks of /proc/<pid>/stat; 100 a second on every Linux that Node runs on (`getconf CLK_TCK`). */
const TICK_MS = 10;

export async function usageOf(pid: number): Promise<Usage> {
  const [stat, status] = await Promise.all([
    readFile(`/proc/${pid}/stat`, 'utf8'),
    readFile(`/proc/${pid}/status`, 'utf8'),
  ]);
  // Fields are counted after the program's name, which may hold spaces. https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[11]) + Number(fields[12]);
  return { at: Date.now(), cpuMs: ticks * TICK_MS, rssMb: Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024 };
}
