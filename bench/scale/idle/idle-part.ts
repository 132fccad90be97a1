import { ReportBuilder, type ScalePart } from "../scale-part.ts";

export const idle: ScalePart = {
  name: "idle",
  run: () => Promise.resolve(new ReportBuilder().build("idle", "")),
};
