import { GATE_MODAL } from './actions.ts';
import type { Block } from './blocks.ts';

type Words = { title: string; submit: string; text: string };

const GO_AHEAD: Words = {
  title: 'Go ahead',
  submit: 'Go ahead',
  text: 'People use nodes that are about to be deleted or replaced. When the upgrade goes ahead, as many of their servers as the message names end, and unsaved work on them is lost. Should there be more by then, you are asked again.',
};

const FORCE: Words = {
  title: 'Force',
  submit: 'Force',
  text: 'The pods that the thread names are ended, whatever their PodDisruptionBudget says; each has the time that it has for ending. What they serve may be away until they run on a new node.',
};

/** Asks why, for the button that was pressed. `metadata` comes back with the answer. */
export function gateModal(button: 'passGate' | 'forceDrain', metadata: string): Block & { type: 'modal' } {
  const { title, submit, text } = button === 'passGate' ? GO_AHEAD : FORCE;
  const plain = (text: string) => ({ type: 'plain_text', text, emoji: false });
  const { callbackId, blockId, actionId, maxReason } = GATE_MODAL;
  return {
    type: 'modal',
    callback_id: callbackId,
    private_metadata: metadata,
    title: plain(title),
    submit: plain(submit),
    close: plain('Go back'),
    blocks: [
      {
        type: 'section',
        text: plain(text),
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
