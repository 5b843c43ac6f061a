"""Training and validation loss against the epoch."""

import numpy as np

import style

NAME, TITLE = "training_loss", "Training of the network"


def draw(study, options):
    history = study.history
    if not history or not {"epoch", "train_loss"} <= set(history):
        raise style.NotAvailable("no networks/0/history in model.h5: the train stage has not run here")
    epoch, train = history["epoch"], history["train_loss"]
    validation = history.get("validation_loss")
    if not len(epoch):
        raise style.NotAvailable("networks/0/history in model.h5 is empty")
    figure, axes = style.new_figure(style.SINGLE, 2.5)
    a = axes[0, 0]
    mark = {"marker": "o"} if len(epoch) < 3 else {}
    a.plot(epoch, train, "-", color=style.BLUE, label="training", **mark)
    text = f"The loss on the training atoms ends at {train[-1]:.4g} after {int(epoch[-1])} epochs."
    if validation is not None and np.any(validation > 0):  # the program writes 0 where nothing was split off
        a.plot(epoch, validation, "--", color=style.VERMILLION, label="validation", **mark)
        best = int(np.nanargmin(validation))
        a.axvline(epoch[best], color=style.GREY, linestyle=":", linewidth=0.9,
                  label=f"lowest: epoch {int(epoch[best])}")
        text += (f" The validation loss is lowest, {validation[best]:.4g}, at epoch {int(epoch[best])}; there it is "
                 f"{validation[best] / train[best]:.2f} times the training loss.")
    else:
        validation = np.full(len(epoch), np.nan)
        text += " There was no validation split."
    chosen = study.get("metrics", "training", "best_epoch", default=study.get("training", "best_epoch"))
    if chosen is not None:
        text += f" The model that was kept is that of epoch {int(chosen)}."
    both = np.concatenate([train, validation])
    both = both[np.isfinite(both)]
    if len(both) and both.min() > 0:
        a.set_yscale("log")
        if both.max() / both.min() < 8:  # less than a decade: decade ticks alone would leave the axis bare
            from matplotlib.ticker import LogLocator, NullFormatter, ScalarFormatter
            a.yaxis.set_major_locator(LogLocator(base=10, subs=(1, 2, 3, 5)))
            a.yaxis.set_major_formatter(ScalarFormatter())
            a.yaxis.set_minor_formatter(NullFormatter())
    a.set_xlabel("epoch")
    a.set_ylabel("loss (mean squared error)")
    a.legend(loc="upper right")
    caption = (f"Mean squared error of the standardised {study.property.name} (1 is what predicting the mean would "
               "give) on training atoms, "
               f"and on validation atoms split off the training samples. {text}")
    rows = [[epoch[k], train[k], validation[k]] for k in range(len(epoch))]
    return style.save(study.directory, NAME, figure, TITLE, caption, "Training and validation loss against epoch",
                      ["epoch", "train_loss", "validation_loss"], rows)
