import { ReportBuilder, type ScalePart } from "../scale-part.ts";

export const overload: ScalePart = {
  name: "overload",
  run: () => Promise.resolve(new ReportBuilder().build("overload", "")),
};
