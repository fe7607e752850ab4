/**
 * eksctl's log lines (github.com/kris-nova/logger, set up in cmd/eksctl/logger.go): a time, an icon, two spaces. They go to
 * standard output, unless that carries an answer to be parsed.
 */
export type Log = {
  info: (message: string) => void;
  success: (message: string) => void;
  warning: (message: string) => void;
  critical: (message: string) => void;
};

export function createLog(now: () => number, write: (text: string) => void): Log {
  const line = (icon: string) => (message: string) => {
    write(`${new Date(now()).toISOString().slice(0, 19).replace('T', ' ')} [${icon}]  ${message}\n`);
  };
  return { info: line('ℹ'), success: line('✔'), warning: line('!'), critical: line('✖') };
}
