import { GATE_MODAL } from './actions.ts';
import type { Block } from './blocks.ts';

/** Asks for the reason of "Go ahead anyway". `metadata` comes back with the answer. */
export function gateModal(metadata: string): Block & { type: 'modal' } {
  const plain = (text: string) => ({ type: 'plain_text', text, emoji: false });
  const { callbackId, blockId, actionId, maxReason } = GATE_MODAL;
  return {
    type: 'modal',
    callback_id: callbackId,
    private_metadata: metadata,
    title: plain('Go ahead anyway'),
    submit: plain('Go ahead'),
    close: plain('Go back'),
    blocks: [
      {
        type: 'section',
        text: plain(
          'The cluster is in use. When the upgrade goes ahead, the servers that run there end, and unsaved work on them is lost.',
        ),
      },
      {
        type: 'input',
        block_id: blockId,
        label: plain('Why is that right?'),
        hint: plain('Your name and this reason are shown in the thread and kept.'),
        element: {
          type: 'plain_text_input',
          action_id: actionId,
          multiline: true,
          min_length: 1,
          max_length: maxReason,
        },
      },
    ],
  };
}
