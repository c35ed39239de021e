import React, { type FC } from "react";

type Props = { title: string; onClose?: () => void };

/** A card. */
export const Card: FC<Props> = ({ title, onClose }) => {
  const [open, setOpen] = React.useState<boolean>(false);
  return (
    <Panel.Body title={title}>
      <Button onClick={() => setOpen(!open)}>x</Button>
      <Icon<"x"> name="x" />
      <div className="y" />
    </Panel.Body>
  );
};

export default function App<T extends Props>(props: T): JSX.Element {
  return <Card {...props} />;
}

export class View extends React.Component<Props> {
  render() {
    return <></>;
  }
}

export const Memo = React.memo(function Memo(props: Props) {
  return <Card title="m" />;
});
