import { ReportBuilder, type ScalePart } from "../scale-part.ts";

export const children: ScalePart = {
  name: "children",
  run: () => Promise.resolve(new ReportBuilder().build("children", "")),
};
