import { ReportBuilder, type ScalePart } from "../scale-part.ts";

export const watches: ScalePart = {
  name: "watches",
  run: () => Promise.resolve(new ReportBuilder().build("watches", "")),
};
